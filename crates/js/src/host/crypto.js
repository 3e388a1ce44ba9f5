// Chance from the device's own streams, and Web Crypto's digests.
hide(Math, { random: () => H.random() })
/** Whether somebody saves something: the names that are drawn for it are its own. */
let saving = false
const hex = byte => byte.toString(16).padStart(2, '0')
const bytesOf = data => data instanceof ArrayBuffer ? new Uint8Array(data)
  : ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined
const crypto = {
  getRandomValues(into) {
    const bytes = bytesOf(into)
    for (let at = 0; at < bytes.length; at++) bytes[at] = H.random() * 256
    return into
  },
  randomUUID() {
    const b = crypto.getRandomValues(new Uint8Array(16))
    b[6] = (b[6] & 15) | 64
    b[8] = (b[8] & 63) | 128
    const h = Array.from(b, hex).join('')
    const name = `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
    if (saving) H.drawn(name)
    return name
  },
  subtle: {
    async digest(algorithm, data) {
      const name = String(algorithm?.name ?? algorithm).toUpperCase()
      const digest = H.digest(name, bytesOf(data))
      if (!digest) throw new DOMException(`${name} is not supported: SHA-1, SHA-256, SHA-384 and SHA-512 are`, 'NotSupportedError')
      return digest.buffer
    },
  },
}
hide(globalThis, { crypto })
