// WebSocket and EventSource on a connection that the phone holds. Their callbacks live here by number.
const sockets = new Map()
let lastSocket = 0
const hello = (url, headers) => writeJson({ path: url.pathname + url.search, headers })
// Browsers have a limit, too.
const oneMore = () => { if (sockets.size >= 200) many('connections at once', '200') }
class WebSocket extends EventTarget {
  static CONNECTING = 0
  static OPEN = 1
  static CLOSING = 2
  static CLOSED = 3
  constructor(address, protocols = []) {
    super()
    const url = new URL(String(address), HOME)
    const wanted = [protocols].flat().join(', ')
    this.url = url.href; this.readyState = 0; this.bufferedAmount = 0; this.extensions = ''; this.protocol = [protocols].flat()[0] ?? ''
    this.binaryType = 'blob'; this.onopen = this.onmessage = this.onerror = this.onclose = null
    hide(this, { _id: ++lastSocket, CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })
    oneMore()
    sockets.set(this._id, this)
    const headers = [['upgrade', 'websocket'], ['connection', 'Upgrade'], ['sec-websocket-version', '13']]
    H.connect(this._id, hello(url, wanted ? [...headers, ['sec-websocket-protocol', wanted]] : headers))
  }
  send(data) {
    if (this.readyState === 0) throw new DOMException('the socket is not open yet', 'InvalidStateError')
    if (this.readyState !== 1) return
    const isText = typeof data === 'string'
    H.say(this._id, isText ? new TextEncoder().encode(data) : data instanceof Blob ? data._bytes : bytesOf(data), isText)
  }
  close(code = 1000, reason = '') {
    if (this.readyState >= 2) return
    this.readyState = 2
    H.hang(this._id)
    setTimeout(() => this._ended(code, reason, true))
  }
  _ended(code, reason, wasClean) {
    if (this.readyState === 3) return
    this.readyState = 3
    sockets.delete(this._id)
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }))
  }
  _heard(what, text, bytes) {
    if (what === 'open') { this.readyState = 1; this.dispatchEvent(new Event('open')) }
    else if (what === 'text') this.dispatchEvent(new MessageEvent('message', { data: text, origin: this.url }))
    else if (what === 'bytes') this.dispatchEvent(new MessageEvent('message', { data: this.binaryType === 'arraybuffer' ? bytes.slice().buffer : new Blob([bytes]), origin: this.url }))
    else if (what === 'closed') this._ended(1000, '', true)
    else { this.dispatchEvent(new Event('error')); this._ended(1006, '', false) }
  }
}
class EventSource extends EventTarget {
  static CONNECTING = 0
  static OPEN = 1
  static CLOSED = 2
  constructor(address) {
    super()
    this.url = new URL(String(address), HOME).href; this.readyState = 0; this.withCredentials = false
    this.onopen = this.onmessage = this.onerror = null
    hide(this, { _id: 0, _last: '', _wait: 3000, _text: '' })
    this._open()
  }
  _open() {
    this._id = ++lastSocket
    oneMore()
    sockets.set(this._id, this)
    const headers = [['accept', 'text/event-stream']]
    H.connect(this._id, hello(new URL(this.url), this._last ? [...headers, ['last-event-id', this._last]] : headers))
  }
  close() { if (this.readyState < 2) { this.readyState = 2; sockets.delete(this._id); H.hang(this._id) } }
  _heard(what, text) {
    if (this.readyState === 2) return
    if (what === 'open') { this.readyState = 1; return void this.dispatchEvent(new Event('open')) }
    if (what === 'text') return this._lines(text)
    this.readyState = 0
    sockets.delete(this._id)
    this.dispatchEvent(new Event('error'))
    setTimeout(() => { if (this.readyState === 0) this._open() }, this._wait)
  }
  _lines(text) {
    this._text += text.replace(/\r\n?/g, '\n')
    for (let end; (end = this._text.indexOf('\n\n')) >= 0; ) {
      const block = this._text.slice(0, end)
      this._text = this._text.slice(end + 2)
      let type = 'message', data
      for (const line of block.split('\n')) {
        const [, field, value] = /^([^:]*):? ?([^]*)$/.exec(line)
        if (field === 'data') data = data === undefined ? value : `${data}\n${value}`
        else if (field === 'event') type = value
        else if (field === 'id') this._last = value
        else if (field === 'retry' && /^\d+$/.test(value)) this._wait = Number(value)
      }
      if (data !== undefined) this.dispatchEvent(new MessageEvent(type, { data, lastEventId: this._last }))
    }
  }
}
/** Something came on a connection: `open`, `text`, `bytes`, `closed` or `lost`. */
entry.heard = (id, what, text, bytes) => sockets.get(id)?._heard(what, text, bytes)
hide(globalThis, { WebSocket, EventSource })
