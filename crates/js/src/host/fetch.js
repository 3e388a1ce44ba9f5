// fetch over the phone's simulated network. The callbacks of requests live here by number.
class Headers {
  #all = new Map()
  constructor(init) {
    if (!init) return
    const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init)
    for (const [name, value] of pairs) this.append(name, value)
  }
  append(name, value) {
    const key = String(name).toLowerCase(), old = this.#all.get(key)
    this.#all.set(key, old === undefined ? String(value).trim() : `${old}, ${String(value).trim()}`)
  }
  get(name) { return this.#all.get(String(name).toLowerCase()) ?? null }
  set(name, value) { this.#all.set(String(name).toLowerCase(), String(value).trim()) }
  has(name) { return this.#all.has(String(name).toLowerCase()) }
  delete(name) { this.#all.delete(String(name).toLowerCase()) }
  getSetCookie() { return this.has('set-cookie') ? [this.get('set-cookie')] : [] }
  forEach(f, self) { for (const [name, value] of this) f.call(self, value, name, this) }
  *entries() { for (const name of [...this.#all.keys()].sort((a, b) => (a < b ? -1 : 1))) yield [name, this.#all.get(name)] }
  *keys() { for (const [name] of this.entries()) yield name }
  *values() { for (const [, value] of this.entries()) yield value }
  [Symbol.iterator]() { return this.entries() }
}

/** A stream of bytes that are there. */
class ReadableStream {
  constructor(source) {
    this.locked = false
    this._chunks = []; this._waiting = []; this._closed = false
    const controller = {
      enqueue: chunk => { const next = this._waiting.shift(); if (next) next.resolve({ value: chunk, done: false }); else this._chunks.push(chunk) },
      close: () => { this._closed = true; for (const next of this._waiting.splice(0)) next.resolve({ value: undefined, done: true }) },
      error: error => { this._error = { error }; for (const next of this._waiting.splice(0)) next.reject(error) },
    }
    this._source = source
    source?.start?.(controller)
    this._controller = controller
  }
  getReader() {
    if (this.locked) throw new TypeError('the stream is locked')
    this.locked = true
    const read = () => {
      if (this._chunks.length > 0) return Promise.resolve({ value: this._chunks.shift(), done: false })
      if (this._error) return Promise.reject(this._error.error)
      if (this._closed) return Promise.resolve({ value: undefined, done: true })
      return new Promise((resolve, reject) => { this._waiting.push({ resolve, reject }); this._source?.pull?.(this._controller) })
    }
    return { read, cancel: async () => { this._closed = true; this._chunks = [] }, releaseLock: () => { this.locked = false }, closed: Promise.resolve() }
  }
  async cancel() { this._closed = true; this._chunks = [] }
  async *[Symbol.asyncIterator]() {
    const reader = this.getReader()
    for (;;) { const { value, done } = await reader.read(); if (done) return; yield value }
  }
}
const CHUNK = 65536
const streamOf = bytes => new ReadableStream({
  start(stream) {
    for (let at = 0; at < bytes.length; at += CHUNK) stream.enqueue(bytes.slice(at, at + CHUNK))
    stream.close()
  },
})

/** A body as bytes, or as the text that it was given as, with its type. */
function bodyOf(body) {
  if (body === null || body === undefined) return {}
  if (body instanceof Blob) return { bytes: body._bytes, type: body.type || undefined }
  if (body instanceof URLSearchParams) return { bytes: new TextEncoder().encode(body.toString()), type: 'application/x-www-form-urlencoded;charset=UTF-8' }
  const bytes = bytesOf(body)
  if (bytes) return { bytes }
  if (body instanceof ReadableStream) throw new TypeError('a request body that is a stream is not supported')
  return { bytes: new TextEncoder().encode(String(body)), type: 'text/plain;charset=UTF-8' }
}
class Body {
  _take() {
    if (this.bodyUsed) throw new TypeError('the body was read before')
    if (this._bytes) this.bodyUsed = true
    return this._bytes ?? new Uint8Array()
  }
  get body() { return this._bytes ? (this._stream ??= streamOf(this._bytes)) : null }
  async text() { return new TextDecoder().decode(this._take()) }
  async json() { return JSON.parse(new TextDecoder().decode(this._take())) }
  async arrayBuffer() { return this._take().slice().buffer }
  async bytes() { return this._take().slice() }
  async blob() { return new Blob([this._take()], { type: this.headers.get('content-type') ?? '' }) }
}
class Request extends Body {
  constructor(input, init = {}) {
    super()
    const from = input instanceof Request ? input : undefined
    this.url = from ? from.url : new URL(String(input), HOME).href
    this.method = String(init.method ?? from?.method ?? 'GET').toUpperCase()
    this.headers = new Headers(init.headers ?? from?.headers)
    this.signal = init.signal ?? from?.signal ?? null
    this.rows = init.rows ?? from?.rows
    const { bytes, type } = init.body === undefined && from ? { bytes: from._bytes } : bodyOf(init.body)
    if (bytes && (this.method === 'GET' || this.method === 'HEAD')) throw new TypeError(`a ${this.method} has no body`)
    hide(this, { _bytes: bytes, bodyUsed: false, _stream: undefined })
    if (type && !this.headers.has('content-type')) this.headers.set('content-type', type)
  }
  clone() { return new Request(this) }
}
class Response extends Body {
  constructor(body = null, { status = 200, statusText = '', headers } = {}) {
    super()
    const { bytes, type } = bodyOf(body)
    this.status = status; this.ok = status >= 200 && status < 300; this.statusText = statusText
    this.headers = new Headers(headers); this.redirected = false; this.type = 'basic'; this.url = ''
    hide(this, { _bytes: bytes, bodyUsed: false, _stream: undefined })
    if (type && !this.headers.has('content-type')) this.headers.set('content-type', type)
  }
  clone() { const copy = new Response(this._bytes, this); copy.url = this.url; return copy }
  static json(value, init = {}) {
    const headers = new Headers(init.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    return new Response(JSON.stringify(value), { ...init, headers })
  }
  static error() { return new Response(null, { status: 0 }) }
}
const requests = new Map()
// How many requests the sync that runs has made, if one runs, and how many it may.
let asked, mostRequests
let lastRequest = 0
// The names of the tables that there are.
let tables = []
/** The rows that a request is said to write; what says so under nearly that name is a mistake. */
function rowsOf(init, rows) {
  const strange = init ? H.misspelt(Object.keys(init), 'rows') : undefined
  if (strange !== undefined) mistake(`fetch has no \`${strange}\`: did you mean \`rows\`?`)
  if (rows === undefined || rows === null) return undefined
  const wrong = row => !Array.isArray(row) || row.length < 2 || row.length > 3
  if (!Array.isArray(rows) || rows.some(wrong)) mistake(`\`rows\` of fetch is a list of [table, id] or [table, id, state], and not ${shown(rows)}`)
  return rows.map(([table, row, ...state]) => {
    if (!tables.includes(String(table))) mistake(`\`rows\` of fetch names the table \`${table}\`: ${H.meant(String(table), tables)}`)
    return [String(table), String(row), ...state]
  })
}
/**
 * `rows` says which rows, [entity, id] each, the request writes; without it they are found in the body. A third member is the
 * state that it sends of the row, null for a deleted one: then only the edits that are in that state are meant.
 */
function fetch(input, init) {
  return new Promise((resolve, reject) => {
    const request = new Request(input, init)
    const { signal } = request
    if (signal?.aborted) return reject(signal.reason)
    const id = ++lastRequest
    const url = new URL(request.url)
    const rows = rowsOf(init, request.rows)
    const stop = () => { if (requests.delete(id)) { H.abort(id); reject(signal.reason) } }
    if (asked !== undefined && ++asked > mostRequests) {
      asked = undefined
      const last = `${request.method} ${url.pathname}${url.search}`.slice(0, 200)
      H.threw(words(new RangeError(`one sync has made ${mostRequests} requests, the last of them ${last}: it may be a loop, such as a cursor that does not move (engine.options.most_requests)`)))
    }
    if (requests.size >= 500) many('requests under way at once', '500')
    requests.set(id, { resolve, reject, url: request.url, done: () => signal?.removeEventListener('abort', stop) })
    signal?.addEventListener('abort', stop)
    H.fetch(id, writeJson({ method: request.method, path: url.pathname + url.search, headers: [...request.headers], rows }), request._bytes)
  })
}
/** A response has come, or the words of why there is none. */
entry.answered = (id, head, bytes) => {
  const request = requests.get(id)
  if (!request) return
  requests.delete(id)
  request.done()
  const { status, headers, failed } = parseJson(head)
  if (failed !== undefined) return request.reject(Object.assign(new TypeError('Failed to fetch'), { cause: failed }))
  const response = new Response(status === 204 || status === 304 ? null : bytes, { status, headers })
  response.url = request.url
  request.resolve(response)
}
hide(globalThis, { Headers, Request, Response, ReadableStream, fetch })
