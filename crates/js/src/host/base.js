// What all other preludes use. They are one module, in the order of `PRELUDE`.
const H = globalThis.__host
delete globalThis.__host
/** Defines properties as built-ins are defined: writable, and seen by no loop. */
function hide(on, properties) {
  for (const name of Object.keys(properties)) {
    Object.defineProperty(on, name, { value: properties[name], writable: true, configurable: true, enumerable: false })
  }
}
// What would show when memory is collected, and what would show the host.
for (const name of ['WeakRef', 'FinalizationRegistry', 'Intl']) delete globalThis[name]
hide(globalThis, { self: globalThis, window: globalThis, global: globalThis })

// Built-ins whose work the interpreter's ticks do not see are charged by size.
const { parse: parseJson, stringify } = JSON
/** A value for the host: as it is, whatever the app has taught all objects to say of themselves. */
function writeJson(value) {
  const taught = []
  for (const all of [Object.prototype, Array.prototype]) {
    const own = Object.getOwnPropertyDescriptor(all, 'toJSON')
    if (own && delete all.toJSON) taught.push([all, own])
  }
  try {
    const text = stringify(value)
    // Half a letter, as it is in bytes.
    return text?.includes('\\ud') ? text.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, part => (part === '\\\\' ? part : '\ufffd')) : text
  } finally {
    for (const [all, own] of taught) Object.defineProperty(all, 'toJSON', own)
  }
}
hide(JSON, {
  parse(text, reviver) {
    text = String(text)
    H.coded(text.length)
    return parseJson(text, reviver)
  },
  stringify(value, replacer, space) {
    const text = stringify(value, replacer, space)
    if (text !== undefined) H.coded(text.length)
    return text
  },
})
const { sort } = Array.prototype
hide(Array.prototype, {
  sort(by) {
    if (by === undefined) H.sorted(this.length)
    if (this.length > LONG) H.steps(this.length)
    return sort.call(this, by)
  },
})
// A list may say that it has four thousand million places.
const LONG = 65536
for (const name of ['join', 'reverse', 'copyWithin', 'fill', 'lastIndexOf', 'toReversed', 'toSorted', 'toSpliced', 'with']) {
  const own = Array.prototype[name]
  const { [name]: f } = { [name](...args) {
    if (this?.length > LONG) H.steps(Number(this.length))
    return own.apply(this, args)
  } }
  hide(Array.prototype, { [name]: f })
  Object.defineProperty(f, 'length', { value: own.length, configurable: true })
}
hide(Math, H.math)

/** What an exception says, with its stack. */
function words(error) {
  if (!(error instanceof Error)) {
    try { return typeof error === 'object' && error !== null ? `thrown: ${writeJson(error)}` : `thrown: ${String(error)}` } catch { return 'thrown: something' }
  }
  return `${error.name}: ${error.message}\n${error.stack ?? ''}`
}

// Promises that are rejected and that nobody looks after: by the end of the turn.
const orphans = new Map()
/** Told by the interpreter of each promise that is rejected, and of each that is looked after then. */
function rejected(promise, reason, handled) {
  if (handled) orphans.delete(promise); else orphans.set(promise, reason)
}
/** What nobody caught, if the page does not say that it looks after that. */
function uncaught() {
  if (orphans.size === 0) return undefined
  const found = [...orphans]
  orphans.clear()
  for (const [promise, reason] of found) {
    const event = new Event('unhandledrejection', { cancelable: true })
    hide(event, { promise, reason })
    globalThis.dispatchEvent(event)
    if (event.defaultPrevented) continue
    // What a network does is no mistake in the code: a browser writes a line, and the page lives.
    if (isOfNetwork(reason)) console.error('Uncaught (in promise)', words(reason)); else return words(reason)
  }
}
const isOfNetwork = reason => reason?.name === 'AbortError' || reason?.name === 'TimeoutError' || reason instanceof TypeError && reason.message === 'Failed to fetch'
/** Ends the run for a mistake in the code, also if the app catches what is thrown. */
function mistake(text) {
  const error = new TypeError(text)
  H.threw(words(error))
  throw error
}
/** Ends the run where what a function is given has a name that it does not know. */
function known(place, given, names) {
  if (given === undefined || given === null) return
  if (typeof given !== 'object') mistake(`${place} takes an object with \`${names.join('`, `')}\`, and was given ${shown(given)}`)
  const strange = Object.keys(given).find(name => !names.includes(name))
  if (strange !== undefined) mistake(`${place} has no \`${strange}\`: ${H.meant(strange, names)}`)
}
const { toWellFormed } = String.prototype
const entry = { rejected, uncaught, writeJson, known, wellFormed: text => toWellFormed.call(text) }
hide(globalThis, { queueMicrotask: f => void Promise.resolve().then(f).catch(error => H.threw(words(error))) })
