// Date by the device's clock and zone, and performance by monotonic time. The host's zone is never
// asked: what is local is UTC moved by the device's offset, by which a journey may move it.
const HostDate = globalThis.Date
const zone = () => H.zone()
const moved = date => new HostDate(HostDate.prototype.getTime.call(date) + zone())

/** Milliseconds of what somebody wrote; without a zone it is local, but for a day alone. */
function readDate(text) {
  text = String(text).trim()
  const isDay = /^[+-]?\d{4,6}(-\d\d(-\d\d)?)?$/.test(text)
  const hasZone = /(Z|UTC|GMT|[+-]\d\d:?\d\d)(\s*\(.*\))?$/i.test(text)
  if (isDay || hasZone) return HostDate.parse(text)
  const isIso = /^[+-]?\d{4,6}-\d\d-\d\dT/.test(text)
  return HostDate.parse(text + (isIso ? 'Z' : ' UTC')) - zone()
}
const localTime = parts => HostDate.UTC(...parts) - zone()

function Date(...parts) {
  if (!new.target) return new Date().toString()
  let made
  if (parts.length === 0) made = [H.wall()]
  else if (parts.length > 1) made = [localTime(parts)]
  else {
    const value = parts[0] instanceof HostDate ? parts[0].getTime() : parts[0]
    const plain = typeof value === 'object' && value !== null ? value[Symbol.toPrimitive]?.('default') ?? value.valueOf() : value
    made = [typeof plain === 'string' ? readDate(plain) : plain]
  }
  return Reflect.construct(HostDate, made, new.target)
}
Date.prototype = HostDate.prototype
Object.defineProperty(Date.prototype, 'constructor', { value: Date, writable: true, configurable: true })
Object.defineProperty(Date, 'length', { value: 7 })
hide(Date, { now: () => Math.floor(H.wall()), parse: readDate, UTC: HostDate.UTC })

const utc = {}
for (const name of Object.getOwnPropertyNames(HostDate.prototype)) utc[name] = HostDate.prototype[name]
const localDate = {}
for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
  localDate['get' + part] = function () { return utc['getUTC' + part].call(moved(this)) }
  if (part === 'Day') continue
  localDate['set' + part] = function (...values) {
    const local = moved(this)
    utc['setUTC' + part].apply(local, values)
    return utc.setTime.call(this, local.getTime() - zone())
  }
}
const two = (n, wide = 2) => String(Math.abs(n)).padStart(wide, '0')
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const isNone = date => Number.isNaN(utc.getTime.call(date))
hide(localDate, {
  getTimezoneOffset() { return isNone(this) ? NaN : -zone() / 60000 },
  setYear(year) { const full = Math.trunc(+year); return localDate.setFullYear.call(this, full >= 0 && full <= 99 ? 1900 + full : full) },
  getYear() { return localDate.getFullYear.call(this) - 1900 },
  toDateString() {
    if (isNone(this)) return 'Invalid Date'
    const at = moved(this)
    return `${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${two(at.getUTCDate())} ${two(at.getUTCFullYear(), 4)}`
  },
  toTimeString() {
    if (isNone(this)) return 'Invalid Date'
    const at = moved(this), off = Math.round(zone() / 60000), sign = off < 0 ? '-' : '+'
    const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`
    return `${clock} GMT${sign}${two(Math.trunc(Math.abs(off) / 60))}${two(Math.abs(off) % 60)}`
  },
  toString() {
    return isNone(this) ? 'Invalid Date' : `${localDate.toDateString.call(this)} ${localDate.toTimeString.call(this)}`
  },
  toLocaleDateString() { return isNone(this) ? 'Invalid Date' : moved(this).toISOString().slice(0, 10) },
  toLocaleTimeString() { return isNone(this) ? 'Invalid Date' : moved(this).toISOString().slice(11, 19) },
  toLocaleString() { return isNone(this) ? 'Invalid Date' : moved(this).toISOString().slice(0, 19).replace('T', ' ') },
})
for (const name of Object.getOwnPropertyNames(localDate)) hide(HostDate.prototype, { [name]: localDate[name] })
hide(globalThis, {
  Date,
  performance: {
    now: () => H.now(), timeOrigin: 0, mark() {}, measure() {}, clearMarks() {}, clearMeasures() {},
    getEntriesByName: () => [], getEntriesByType: () => [],
  },
})
