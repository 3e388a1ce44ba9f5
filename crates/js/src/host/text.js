// Texts as bytes, copies of values, and blobs as far as stores need them.
class TextEncoder {
  get encoding() { return 'utf-8' }
  encode(text = '') { return H.encode(String(text).toWellFormed()) }
  encodeInto(text, into) {
    const bytes = this.encode(text).subarray(0, into.length)
    into.set(bytes)
    return { read: text.length, written: bytes.length }
  }
}
class TextDecoder {
  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
    this.encoding = String(label).toLowerCase().replace('utf8', 'utf-8')
    if (!['utf-8', 'ascii', 'latin1', 'utf-16le'].includes(this.encoding)) throw new RangeError(`${label} is not supported: utf-8, utf-16le and latin1 are`)
    this.fatal = fatal; this.ignoreBOM = ignoreBOM
  }
  decode(data) {
    const bytes = data === undefined ? new Uint8Array() : bytesOf(data)
    if (this.encoding === 'utf-16le') return Array.from(new Uint16Array(bytes.slice().buffer), n => String.fromCharCode(n)).join('')
    if (this.encoding !== 'utf-8') return Array.from(bytes, n => String.fromCharCode(n)).join('')
    const text = H.decode(bytes, this.fatal)
    if (text === undefined) throw new TypeError('the bytes are not UTF-8')
    return this.ignoreBOM || text.charCodeAt(0) !== 0xfeff ? text : text.slice(1)
  }
}
const toBinary = bytes => { let text = ''; for (let at = 0; at < bytes.length; at++) text += String.fromCharCode(bytes[at]); return text }
function btoa(text) {
  const bytes = Uint8Array.from(String(text), letter => {
    const code = letter.charCodeAt(0)
    if (code > 255) throw new DOMException('a letter is beyond Latin1', 'InvalidCharacterError')
    return code
  })
  return H.toBase64(bytes)
}
function atob(text) {
  const plain = String(text).replace(/[\t\n\f\r ]/g, '').replace(/=+$/, '')
  const bytes = H.fromBase64(plain + '='.repeat((4 - plain.length % 4) % 4))
  if (!bytes) throw new DOMException('the text is not base64', 'InvalidCharacterError')
  return toBinary(bytes)
}

/** A copy of a value with all that it refers to. */
function structuredClone(value, options, seen = new Map()) {
  const again = inner => structuredClone(inner, undefined, seen)
  if (typeof value === 'function' || typeof value === 'symbol') throw new DOMException(`${String(value)} cannot be cloned`, 'DataCloneError')
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return seen.get(value)
  const keep = copy => { seen.set(value, copy); return copy }
  if (value instanceof Date) return keep(new Date(value.getTime()))
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags))
  if (value instanceof ArrayBuffer) return keep(value.slice(0))
  if (ArrayBuffer.isView(value)) {
    const buffer = again(value.buffer)
    return keep(value instanceof DataView ? new DataView(buffer, value.byteOffset, value.byteLength) : new value.constructor(buffer, value.byteOffset, value.length))
  }
  if (value instanceof Blob) return keep(value)
  if (value instanceof Map) { const copy = keep(new Map()); for (const [k, v] of value) copy.set(again(k), again(v)); return copy }
  if (value instanceof Set) { const copy = keep(new Set()); for (const v of value) copy.add(again(v)); return copy }
  if (value instanceof Error) { const copy = keep(new Error(value.message)); copy.name = value.name; copy.stack = value.stack; return copy }
  if (value instanceof Boolean || value instanceof Number || value instanceof String) return keep(Object(value.valueOf()))
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {})
  for (const name of Object.keys(value)) copy[name] = again(value[name])
  return copy
}

class Blob {
  constructor(parts = [], { type = '' } = {}) {
    const pieces = parts.map(part => part instanceof Blob ? part._bytes : bytesOf(part) ?? new TextEncoder().encode(String(part)))
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of pieces) { bytes.set(piece, at); at += piece.length }
    Object.defineProperty(this, '_bytes', { value: bytes })
    this.type = String(type).toLowerCase()
  }
  get size() { return this._bytes.length }
  slice(from = 0, to = this.size, type = '') { return new Blob([this._bytes.slice(from, to)], { type }) }
  async arrayBuffer() { return this._bytes.slice().buffer }
  async bytes() { return this._bytes.slice() }
  async text() { return new TextDecoder().decode(this._bytes) }
  stream() { return streamOf(this._bytes) }
}
class File extends Blob {
  constructor(parts, name, options = {}) { super(parts, options); this.name = name; this.lastModified = options.lastModified ?? Date.now() }
}
class FileReader extends EventTarget {
  constructor() { super(); this.readyState = 0; this.result = null; this.error = null }
  _read(make) {
    this.readyState = 1
    setTimeout(() => {
      this.result = make(); this.readyState = 2
      for (const type of ['load', 'loadend']) this.dispatchEvent(new Event(type))
    })
  }
  readAsArrayBuffer(blob) { this._read(() => blob._bytes.slice().buffer) }
  readAsText(blob) { this._read(() => new TextDecoder().decode(blob._bytes)) }
  readAsBinaryString(blob) { this._read(() => toBinary(blob._bytes)) }
  readAsDataURL(blob) { this._read(() => `data:${blob.type || 'application/octet-stream'};base64,${H.toBase64(blob._bytes)}`) }
}
hide(globalThis, { TextEncoder, TextDecoder, btoa, atob, structuredClone, Blob, File, FileReader })
