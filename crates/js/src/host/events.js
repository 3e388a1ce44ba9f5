// Events, signals, and whether there is a network.
class Event {
  constructor(type, { bubbles = false, cancelable = false } = {}) {
    this.type = String(type); this.bubbles = bubbles; this.cancelable = cancelable
    this.defaultPrevented = false; this.target = null; this.currentTarget = null; this.timeStamp = H.now()
  }
  preventDefault() { if (this.cancelable) this.defaultPrevented = true }
  stopPropagation() {}
  stopImmediatePropagation() { this.stopped = true }
}
class CustomEvent extends Event {
  constructor(type, options = {}) { super(type, options); this.detail = options.detail ?? null }
}
class MessageEvent extends Event {
  constructor(type, options = {}) {
    super(type, options); this.data = options.data ?? null
    this.lastEventId = options.lastEventId ?? ''; this.origin = options.origin ?? ''
  }
}
class CloseEvent extends Event {
  constructor(type, options = {}) {
    super(type, options); this.code = options.code ?? 0; this.reason = options.reason ?? ''; this.wasClean = !!options.wasClean
  }
}
const listeners = Symbol('listeners')
class EventTarget {
  addEventListener(type, listener, options) {
    if (!listener) return
    const all = (this[listeners] ??= new Map())
    const list = all.get(type) ?? all.set(type, []).get(type)
    const once = typeof options === 'object' && !!options?.once
    if (!list.some(it => it.listener === listener)) list.push({ listener, once })
    options?.signal?.addEventListener?.('abort', () => this.removeEventListener(type, listener))
  }
  removeEventListener(type, listener) {
    const list = this[listeners]?.get(type)
    const at = list ? list.findIndex(it => it.listener === listener) : -1
    if (at >= 0) list.splice(at, 1)
  }
  dispatchEvent(event) {
    event.target ??= this; event.currentTarget = this
    const called = [...(this[listeners]?.get(event.type) ?? [])]
    const own = this['on' + event.type]
    if (typeof own === 'function') called.unshift({ listener: own })
    for (const { listener, once } of called) {
      if (once) this.removeEventListener(event.type, listener)
      if (typeof listener === 'function') listener.call(this, event); else listener.handleEvent(event)
      if (event.stopped) break
    }
    return !event.defaultPrevented
  }
}
Object.defineProperty(EventTarget.prototype, listeners, { value: undefined, writable: true, enumerable: false })
class DOMException extends Error {
  constructor(message = '', name = 'Error') { super(message); Object.defineProperty(this, 'name', { value: name, configurable: true }) }
  get code() { return { AbortError: 20, TimeoutError: 23, QuotaExceededError: 22, DataCloneError: 25 }[this.name] ?? 0 }
}
class AbortSignal extends EventTarget {
  constructor() { super(); this.aborted = false; this.reason = undefined; this.onabort = null }
  throwIfAborted() { if (this.aborted) throw this.reason }
  static abort(reason) { const it = new AbortController(); it.abort(reason); return it.signal }
  static timeout(ms) {
    const it = new AbortController()
    setTimeout(() => it.abort(new DOMException('signal timed out', 'TimeoutError')), ms)
    return it.signal
  }
  static any(signals) {
    const it = new AbortController()
    for (const signal of signals) {
      if (signal.aborted) { it.abort(signal.reason); break }
      signal.addEventListener('abort', () => it.abort(signal.reason), { once: true })
    }
    return it.signal
  }
}
class AbortController {
  constructor() { this.signal = new AbortSignal() }
  abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    if (this.signal.aborted) return
    this.signal.aborted = true; this.signal.reason = reason
    this.signal.dispatchEvent(new Event('abort'))
  }
}
hide(globalThis, { Event, CustomEvent, MessageEvent, CloseEvent, EventTarget, DOMException, AbortSignal, AbortController })
// The global object is an event target.
for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) hide(globalThis, { [name]: (...args) => EventTarget.prototype[name].apply(globalThis, args) })
Object.defineProperty(globalThis, listeners, { value: undefined, writable: true, enumerable: false })
const navigator = new EventTarget()
hide(navigator, { userAgent: 'syncdyno', language: 'en', languages: ['en'], platform: '', product: 'ReactNative', hardwareConcurrency: 1 })
Object.defineProperty(navigator, 'onLine', { get: () => H.online(), enumerable: true })
hide(globalThis, { navigator })
/** Something happened to the app: `online`, `offline`, and whether it is seen. */
entry.happened = type => {
  if (type === 'online' || type === 'offline') return globalThis.dispatchEvent(new Event(type))
  document.visibilityState = type === 'pause' ? 'hidden' : 'visible'
  document.hidden = type === 'pause'
  document.dispatchEvent(new Event('visibilitychange'))
}
// Only what libraries ask a page for: whether it is seen. There is nothing to draw on.
const document = new EventTarget()
hide(document, { visibilityState: 'visible', hidden: false })
entry.document = document
