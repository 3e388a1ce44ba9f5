// Addresses, as far as apps take them apart: scheme, host, path, query, fragment.
const escaped = (text, keep) => Array.from(new TextEncoder().encode(text), byte => {
  const letter = String.fromCharCode(byte)
  return keep.test(letter) ? letter : '%' + byte.toString(16).toUpperCase().padStart(2, '0')
}).join('')
const QUERY = /[A-Za-z0-9*\-._]/, PATH = /[A-Za-z0-9\-._~!$&'()*+,;=:@/%]/
const plus = text => escaped(text, QUERY).replace(/%20/g, '+')
const unplus = text => {
  const plain = text.replace(/\+/g, ' ')
  try { return decodeURIComponent(plain) } catch { return plain }
}
class URLSearchParams {
  #pairs = []
  #changed = () => {}
  constructor(init = '') {
    if (typeof init === 'string') {
      for (const pair of init.replace(/^\?/, '').split('&')) {
        if (pair === '') continue
        const at = pair.indexOf('=')
        this.#pairs.push(at < 0 ? [unplus(pair), ''] : [unplus(pair.slice(0, at)), unplus(pair.slice(at + 1))])
      }
    } else {
      const pairs = init?.[Symbol.iterator] ? init : Object.entries(init)
      for (const [name, value] of pairs) this.#pairs.push([String(name), String(value)])
    }
  }
  _tell(changed) { this.#changed = changed; return this }
  append(name, value) { this.#pairs.push([String(name), String(value)]); this.#changed() }
  delete(name) { this.#pairs = this.#pairs.filter(pair => pair[0] !== String(name)); this.#changed() }
  get(name) { return this.#pairs.find(pair => pair[0] === String(name))?.[1] ?? null }
  getAll(name) { return this.#pairs.filter(pair => pair[0] === String(name)).map(pair => pair[1]) }
  has(name) { return this.#pairs.some(pair => pair[0] === String(name)) }
  set(name, value) {
    const at = this.#pairs.findIndex(pair => pair[0] === String(name))
    if (at < 0) return this.append(name, value)
    this.#pairs = this.#pairs.filter((pair, index) => index === at || pair[0] !== String(name))
    this.#pairs.find(pair => pair[0] === String(name))[1] = String(value)
    this.#changed()
  }
  sort() { this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)); this.#changed() }
  forEach(f, self) { for (const [name, value] of this.#pairs) f.call(self, value, name, this) }
  keys() { return this.#pairs.map(pair => pair[0])[Symbol.iterator]() }
  values() { return this.#pairs.map(pair => pair[1])[Symbol.iterator]() }
  entries() { return this.#pairs.map(pair => [...pair])[Symbol.iterator]() }
  [Symbol.iterator]() { return this.entries() }
  get size() { return this.#pairs.length }
  toString() { return this.#pairs.map(([name, value]) => `${plus(name)}=${plus(value)}`).join('&') }
}
const PORTS = { 'http:': '80', 'https:': '443', 'ws:': '80', 'wss:': '443', 'ftp:': '21' }
const WHOLE = /^([A-Za-z][A-Za-z0-9+.-]*:)(?:\/\/(?:([^/?#@:]*)(?::([^/?#@]*))?@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d*))?)?([^?#]*)(\?[^#]*)?(#.*)?$/
function flattened(path) {
  const parts = []
  const all = path.split('/')
  all.forEach((part, at) => {
    const isLast = at === all.length - 1
    if (part === '..') { if (parts.length > 1) parts.pop(); if (isLast) parts.push('') }
    else if (part === '.') { if (isLast) parts.push('') }
    else parts.push(part)
  })
  return parts.join('/')
}
class URL {
  constructor(text, base) {
    text = String(text).trim()
    let whole = WHOLE.exec(text)
    if (!whole) {
      if (base === undefined) throw new TypeError(`Invalid URL: ${text}`)
      const from = new URL(base)
      const start = from.protocol + (from.host || PORTS[from.protocol] ? '//' + from.host : '')
      if (text.startsWith('//')) text = from.protocol + text
      else if (text.startsWith('/')) text = start + text
      else if (text.startsWith('?')) text = start + from.pathname + text
      else if (text.startsWith('#')) text = start + from.pathname + from.search + text
      else text = start + (text === '' ? from.pathname + from.search : from.pathname.replace(/[^/]*$/, '') + text)
      whole = WHOLE.exec(text)
    }
    const [, scheme, user, password, host, port, path, query, hash] = whole
    this.protocol = scheme.toLowerCase()
    this.username = user ?? ''; this.password = password ?? ''
    this.hostname = (host ?? '').toLowerCase()
    this.port = port && port !== PORTS[this.protocol] ? port : ''
    const isSpecial = this.protocol in PORTS
    this.pathname = isSpecial ? escaped(flattened(path || '/'), PATH) : path
    this.hash = hash && hash !== '#' ? hash : ''
    this.searchParams = new URLSearchParams(query ?? '')._tell(() => { this._search = undefined })
    this._search = query && query !== '?' ? query.replace(/ /g, '%20') : ''
  }
  get search() {
    if (this._search !== undefined) return this._search
    const text = this.searchParams.toString()
    return text === '' ? '' : '?' + text
  }
  set search(text) {
    text = String(text)
    this._search = text === '' || text.startsWith('?') ? text : '?' + text
    this.searchParams = new URLSearchParams(text)._tell(() => { this._search = undefined })
  }
  get host() { return this.hostname + (this.port ? ':' + this.port : '') }
  get origin() { return this.protocol in PORTS ? `${this.protocol}//${this.host}` : 'null' }
  get href() {
    const login = this.username ? this.username + (this.password ? ':' + this.password : '') + '@' : ''
    const slashes = this.host || this.protocol in PORTS || this.protocol === 'file:' ? '//' : ''
    return this.protocol + slashes + login + this.host + this.pathname + this.search + this.hash
  }
  toString() { return this.href }
  toJSON() { return this.href }
  static canParse(text, base) { try { return !!new URL(text, base) } catch { return false } }
  static parse(text, base) { try { return new URL(text, base) } catch { return null } }
}
// All addresses lead to the one server of the scenario.
const HOME = 'https://app.example'
hide(globalThis, { URL, URLSearchParams, location: new URL(HOME + '/') })
