// IndexedDB on the phone's SQLite: stores, indexes, ranges, cursors, upgrades. Transactions of a
// database go one after the other; what one writes is one transaction of SQLite.
import { H } from 'bench'
// Each request is a turn of its own, and costs no time but that of the disk.
const { setImmediate } = globalThis
const LAYOUT = `CREATE TABLE IF NOT EXISTS bench_idb_names(db TEXT PRIMARY KEY, version INTEGER, stores TEXT);
CREATE TABLE IF NOT EXISTS bench_idb(db TEXT, store TEXT, k TEXT, v TEXT, PRIMARY KEY(db, store, k)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bench_idb_index(db TEXT, store TEXT, name TEXT, ik TEXT, k TEXT, PRIMARY KEY(db, store, name, ik, k)) WITHOUT ROWID;`
const all = (text, ...args) => H.sqlAll(0, text, args, true)
const run = (text, ...args) => H.sqlRun(0, text, args)
const no = (name, message) => new DOMException(message, name)

// Keys as texts whose order is theirs: numbers, dates, texts, bytes, lists.
const view = new DataView(new ArrayBuffer(8))
function ordered(number) {
  view.setFloat64(0, number === 0 ? 0 : number)
  let bits = view.getBigUint64(0)
  bits = bits >> 63n ? ~bits & 0xffffffffffffffffn : bits | 0x8000000000000000n
  return bits.toString(16).padStart(16, '0')
}
function numbered(text) {
  let bits = BigInt('0x' + text)
  bits = bits >> 63n ? bits & 0x7fffffffffffffffn : ~bits & 0xffffffffffffffffn
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}
function encoded(key) {
  if (typeof key === 'number' && !Number.isNaN(key)) return 'a' + ordered(key)
  if (key instanceof Date && !Number.isNaN(key.getTime())) return 'b' + ordered(key.getTime())
  if (typeof key === 'string') return 'c' + key.replace(/[\u0000-\u0002]/g, c => '\u0002' + String.fromCharCode(3 + c.charCodeAt(0))) + '\u0001'
  if (key instanceof ArrayBuffer || ArrayBuffer.isView(key)) {
    const bytes = key instanceof ArrayBuffer ? new Uint8Array(key) : new Uint8Array(key.buffer, key.byteOffset, key.byteLength)
    return 'd' + Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('') + '\u0001'
  }
  if (Array.isArray(key)) return 'e' + key.map(encoded).join('') + '\u0001'
  throw no('DataError', 'the key is not valid')
}
function decoded(text) {
  let at = 0
  const until = () => { const end = text.indexOf('\u0001', at), part = text.slice(at, end); at = end + 1; return part }
  const next = () => {
    const kind = text[at++]
    if (kind === 'a' || kind === 'b') { const n = numbered(text.slice(at, at += 16)); return kind === 'a' ? n : new Date(n) }
    if (kind === 'c') return until().replace(/\u0002([^])/g, (_, c) => String.fromCharCode(c.charCodeAt(0) - 3))
    if (kind === 'd') return Uint8Array.from(until().match(/../g) ?? [], pair => parseInt(pair, 16)).buffer
    const list = []
    while (text[at] !== '\u0001') list.push(next())
    at++
    return list
  }
  return next()
}

// Values as JSON; what JSON has no word for is an object with `$`.
const pack = value => {
  if (value === undefined) return { $: 'undefined' }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $: 'number', v: String(value) }
  if (typeof value === 'bigint') return { $: 'bigint', v: String(value) }
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return { $: 'date', v: value.getTime() }
  if (value instanceof Map) return { $: 'map', v: [...value].map(pair => pair.map(pack)) }
  if (value instanceof Set) return { $: 'set', v: [...value].map(pack) }
  if (value instanceof Blob) return { $: 'blob', v: H.toBase64(value._bytes), type: value.type }
  if (value instanceof ArrayBuffer) return { $: 'buffer', v: H.toBase64(new Uint8Array(value)) }
  if (ArrayBuffer.isView(value)) return { $: 'view', of: value.constructor.name, v: H.toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) }
  if (Array.isArray(value)) return value.map(pack)
  const object = {}
  for (const name of Object.keys(value)) object[name] = pack(value[name])
  return '$' in object ? { $: 'object', v: object } : object
}
const unpack = value => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(unpack)
  const plain = of => { const object = {}; for (const name of Object.keys(of)) object[name] = unpack(of[name]); return object }
  switch (value.$) {
    case undefined: return plain(value)
    case 'undefined': return undefined
    case 'number': return Number(value.v)
    case 'bigint': return BigInt(value.v)
    case 'date': return new Date(value.v)
    case 'map': return new Map(value.v.map(pair => pair.map(unpack)))
    case 'set': return new Set(value.v.map(unpack))
    case 'blob': return new Blob([H.fromBase64(value.v)], { type: value.type })
    case 'buffer': return H.fromBase64(value.v).buffer
    case 'view': { const { buffer } = H.fromBase64(value.v); return new globalThis[value.of](buffer) }
    default: return plain(value.v)
  }
}
const at = (value, path) => (Array.isArray(path) ? path.map(one => at(value, one)) : path === '' ? value : path.split('.').reduce((of, name) => of?.[name], value))

export class IDBKeyRange {
  constructor(lower, upper, lowerOpen, upperOpen) { Object.assign(this, { lower, upper, lowerOpen, upperOpen }) }
  static only(key) { return new IDBKeyRange(key, key, false, false) }
  static lowerBound(key, open = false) { return new IDBKeyRange(key, undefined, open, true) }
  static upperBound(key, open = false) { return new IDBKeyRange(undefined, key, true, open) }
  static bound(lower, upper, lowerOpen = false, upperOpen = false) {
    if (encoded(lower) > encoded(upper)) throw no('DataError', 'the lower bound is above the upper one')
    return new IDBKeyRange(lower, upper, lowerOpen, upperOpen)
  }
  includes(key) { const text = encoded(key); return conditions(this, 'x').every(([, , holds]) => holds(text)) }
}
/** What a range asks of a column: SQL, its argument, and the same as a function. */
function conditions(query, column) {
  if (query === undefined || query === null) return []
  const range = query instanceof IDBKeyRange ? query : IDBKeyRange.only(query)
  const found = []
  if (range.lower !== undefined) { const low = encoded(range.lower); found.push([`${column} ${range.lowerOpen ? '>' : '>='} ?`, low, text => (range.lowerOpen ? text > low : text >= low)]) }
  if (range.upper !== undefined) { const high = encoded(range.upper); found.push([`${column} ${range.upperOpen ? '<' : '<='} ?`, high, text => (range.upperOpen ? text < high : text <= high)]) }
  return found
}

class IDBRequest extends EventTarget {
  constructor(source, transaction) {
    super()
    Object.assign(this, { source, transaction, readyState: 'pending', result: undefined, error: null, onsuccess: null, onerror: null })
  }
  _tell(type, options) { this.readyState = 'done'; const event = new Event(type, options); this.dispatchEvent(event); return event }
}
class IDBOpenDBRequest extends IDBRequest {}

class IDBTransaction extends EventTarget {
  constructor(db, names, mode) {
    super()
    Object.assign(this, { db, mode, error: null, oncomplete: null, onerror: null, onabort: null, durability: 'default' })
    this.objectStoreNames = listed(names)
    this._queue = []; this._state = 'waits'
    db._line.push(this)
    db._next()
  }
  objectStore(name) {
    if (this._state === 'over') throw no('InvalidStateError', 'the transaction is over')
    if (!this.objectStoreNames.contains(name) || !this.db._stores[name]) throw no('NotFoundError', `there is no store ${name}`)
    return new IDBObjectStore(this, name)
  }
  _ask(source, work) {
    if (this._state === 'over') throw no('TransactionInactiveError', 'the transaction is over')
    const request = new IDBRequest(source, this)
    this._queue.push({ request, work })
    return request
  }
  _begin() {
    this._state = 'runs'
    if (this.mode !== 'readonly' && !H.sqlIsOpen(0)) { H.sqlExec(0, 'BEGIN'); this._own = true }
    setImmediate(() => this._step())
  }
  /** Does one request; what its callback asks for comes behind those that wait. */
  _step() {
    if (this._state !== 'runs') return
    const next = this._queue.shift()
    if (!next) return this._end('complete')
    const { request, work } = next
    try {
      request.result = work(request)
      request._tell('success')
    } catch (error) {
      request.error = error; request.result = undefined
      const event = request._tell('error', { bubbles: true, cancelable: true })
      if (!event.defaultPrevented) {
        this.dispatchEvent(event)
        if (!event.defaultPrevented) { this.error = error; return this._end('abort') }
      }
    }
    setImmediate(() => this._step())
  }
  _end(how) {
    if (this._state === 'over') return
    this._state = 'over'
    if (this._own && H.sqlIsOpen(0)) H.sqlExec(0, how === 'complete' ? 'COMMIT' : 'ROLLBACK')
    const left = this._queue.splice(0)
    for (const { request } of left) { request.error = no('AbortError', 'the transaction was aborted'); request._tell('error', { cancelable: true }) }
    if (how !== 'complete') this.db._load()
    this.dispatchEvent(new Event(how))
    this.db._line.splice(this.db._line.indexOf(this), 1)
    this.db._running = undefined
    this.db._next()
    this._after?.(how)
  }
  commit() { if (this._queue.length === 0) setImmediate(() => this._step()) }
  abort() { if (this._state === 'over') throw no('InvalidStateError', 'the transaction is over'); this._end('abort') }
}
const listed = names => Object.assign([...names].sort(), { contains(name) { return this.includes(name) }, item(n) { return this[n] ?? null } })

/** Reads of a store, or of one of its indexes. */
class Source {
  _rows(query, { direction = 'next', limit = -1, unique = false } = {}) {
    const [table, column, where, args] = this._table()
    const asked = conditions(query, column)
    const order = direction.startsWith('prev') ? 'DESC' : 'ASC'
    // Of equal keys of an index a unique cursor that goes back shows the first, too.
    const texts = [...where, ...asked.map(([text]) => text)].join(' AND ')
    const group = unique ? `GROUP BY ${column}` : ''
    const key = unique ? 'min(x.k)' : 'x.k'
    return all(`SELECT ${column}, ${key}, (SELECT v FROM bench_idb b WHERE b.db = x.db AND b.store = x.store AND b.k = x.k) FROM ${table} x WHERE ${texts} ${group} ORDER BY ${column} ${order}, x.k ${order} LIMIT ?`, ...args, ...asked.map(([, arg]) => arg), limit)
  }
  get(query) { return this._asks(() => { const row = this._rows(query, { limit: 1 })[0]; return row && unpack(JSON.parse(row[2])) }) }
  getKey(query) { return this._asks(() => { const row = this._rows(query, { limit: 1 })[0]; return row && decoded(row[1]) }) }
  getAll(query, count) { return this._asks(() => this._rows(query, { limit: count || -1 }).map(row => unpack(JSON.parse(row[2])))) }
  getAllKeys(query, count) { return this._asks(() => this._rows(query, { limit: count || -1 }).map(row => decoded(row[1]))) }
  count(query) { return this._asks(() => this._rows(query).length) }
  openCursor(query, direction = 'next') { return this._cursor(query, direction, true) }
  openKeyCursor(query, direction = 'next') { return this._cursor(query, direction, false) }
  _cursor(query, direction, withValue) {
    let cursor
    const request = this._asks(own => {
      const rows = this._rows(query, { direction, unique: direction.endsWith('unique') })
      cursor = new IDBCursor(this, own, direction, rows, withValue)
      return cursor._show()
    })
    return request
  }
  _asks(work) { return this._transaction()._ask(this, work) }
}
class IDBCursor {
  constructor(source, request, direction, rows, withValue) { Object.assign(this, { source, request, direction }); Object.defineProperty(this, '_', { value: { rows, at: 0, withValue } }) }
  _show() {
    const row = this._.rows[this._.at]
    if (!row) return null
    this.key = decoded(row[0]); this.primaryKey = decoded(row[1])
    if (this._.withValue) this.value = unpack(JSON.parse(row[2]))
    return this
  }
  _goes(to) {
    this.request.readyState = 'pending'
    this.source._transaction()._queue.push({ request: this.request, work: () => { this._.at = to(); return this._show() } })
  }
  continue(key) {
    if (key === undefined) return this._goes(() => this._.at + 1)
    const text = encoded(key), back = this.direction.startsWith('prev')
    this._goes(() => { let at = this._.at + 1; while (this._.rows[at] && (back ? this._.rows[at][0] > text : this._.rows[at][0] < text)) at++; return at })
  }
  continuePrimaryKey(key, primary) {
    const wanted = [encoded(key), encoded(primary)]
    this._goes(() => { let at = this._.at + 1; while (this._.rows[at] && (this._.rows[at][0] < wanted[0] || (this._.rows[at][0] === wanted[0] && this._.rows[at][1] < wanted[1]))) at++; return at })
  }
  advance(count) { this._goes(() => this._.at + count) }
  update(value) { const store = this.source._store(); return store.put(value, store.keyPath === null ? this.primaryKey : undefined) }
  delete() { return this.source._store().delete(this.primaryKey) }
}

class IDBObjectStore extends Source {
  constructor(transaction, name) { super(); this.transaction = transaction; this.name = name }
  get _about() { return this.transaction.db._stores[this.name] }
  get keyPath() { return this._about.keyPath }
  get autoIncrement() { return this._about.autoIncrement }
  get indexNames() { return listed(Object.keys(this._about.indexes)) }
  _transaction() { return this.transaction }
  _store() { return this }
  _table() { return ['bench_idb', 'x.k', ['x.db = ?', 'x.store = ?'], [this.transaction.db.name, this.name]] }
  index(name) {
    if (!this._about.indexes[name]) throw no('NotFoundError', `there is no index ${name}`)
    return new IDBIndex(this, name)
  }
  _writes(value, key, isNew) {
    if (this.transaction.mode === 'readonly') throw no('ReadOnlyError', 'the transaction is read-only')
    const about = this._about, copy = structuredClone(value)
    if (about.keyPath !== null && key !== undefined) throw no('DataError', 'the store has keys in its values')
    if (about.keyPath !== null) key = at(copy, about.keyPath)
    if (key === undefined && !about.autoIncrement) throw no('DataError', 'there is no key')
    if (key !== undefined) encoded(key)
    return this._asks(() => {
      if (key === undefined) {
        key = ++about.last
        if (about.keyPath !== null) { const path = about.keyPath.split('.'); let of = copy; for (const name of path.slice(0, -1)) of = of[name] ??= {}; of[path.at(-1)] = key }
        this.transaction.db._save()
      } else if (about.autoIncrement && typeof key === 'number' && key > about.last) { about.last = Math.floor(key); this.transaction.db._save() }
      const k = encoded(key), db = this.transaction.db.name
      const isThere = all('SELECT 1 FROM bench_idb WHERE db = ? AND store = ? AND k = ?', db, this.name, k).length > 0
      if (isThere && isNew) throw no('ConstraintError', 'the key is there already')
      if (isThere && Object.keys(about.indexes).length > 0) run('DELETE FROM bench_idb_index WHERE db = ? AND store = ? AND k = ?', db, this.name, k)
      for (const name of Object.keys(about.indexes)) this._enter(name, copy, k)
      run('REPLACE INTO bench_idb VALUES(?, ?, ?, ?)', db, this.name, k, JSON.stringify(pack(copy)))
      return key
    })
  }
  /** Puts a value into an index, if it has a key there. */
  _enter(name, value, k) {
    const { keyPath, unique, multiEntry } = this._about.indexes[name], db = this.transaction.db.name
    const found = at(value, keyPath)
    const keys = multiEntry && Array.isArray(found) ? found : [found]
    for (const one of new Set(keys.flatMap(key => { try { return [encoded(key)] } catch { return [] } }))) {
      if (unique && all('SELECT 1 FROM bench_idb_index WHERE db = ? AND store = ? AND name = ? AND ik = ?', db, this.name, name, one).length > 0) throw no('ConstraintError', `index ${name} has that key already`)
      run('REPLACE INTO bench_idb_index VALUES(?, ?, ?, ?, ?)', db, this.name, name, one, k)
    }
  }
  add(value, key) { return this._writes(value, key, true) }
  put(value, key) { return this._writes(value, key, false) }
  delete(query) {
    if (this.transaction.mode === 'readonly') throw no('ReadOnlyError', 'the transaction is read-only')
    return this._asks(() => {
      for (const [, k] of this._rows(query)) {
        run('DELETE FROM bench_idb WHERE db = ? AND store = ? AND k = ?', this.transaction.db.name, this.name, k)
        if (Object.keys(this._about.indexes).length > 0) run('DELETE FROM bench_idb_index WHERE db = ? AND store = ? AND k = ?', this.transaction.db.name, this.name, k)
      }
    })
  }
  clear() {
    return this._asks(() => { for (const table of ['bench_idb', 'bench_idb_index']) run(`DELETE FROM ${table} WHERE db = ? AND store = ?`, this.transaction.db.name, this.name) })
  }
  createIndex(name, keyPath, { unique = false, multiEntry = false } = {}) {
    if (this.transaction.mode !== 'versionchange') throw no('InvalidStateError', 'indexes are made in an upgrade')
    this._about.indexes[name] = { keyPath, unique, multiEntry }
    this.transaction.db._save()
    for (const [, k, v] of this._rows()) this._enter(name, unpack(JSON.parse(v)), k)
    return new IDBIndex(this, name)
  }
  deleteIndex(name) {
    delete this._about.indexes[name]
    this.transaction.db._save()
    run('DELETE FROM bench_idb_index WHERE db = ? AND store = ? AND name = ?', this.transaction.db.name, this.name, name)
  }
}
class IDBIndex extends Source {
  constructor(store, name) { super(); this.objectStore = store; this.name = name }
  get keyPath() { return this.objectStore._about.indexes[this.name].keyPath }
  get unique() { return this.objectStore._about.indexes[this.name].unique }
  get multiEntry() { return this.objectStore._about.indexes[this.name].multiEntry }
  _transaction() { return this.objectStore.transaction }
  _store() { return this.objectStore }
  _table() { return ['bench_idb_index', 'x.ik', ['x.db = ?', 'x.store = ?', 'x.name = ?'], [this._transaction().db.name, this.objectStore.name, this.name]] }
}

class IDBDatabase extends EventTarget {
  constructor(name) { super(); this.name = name; this.onversionchange = this.onclose = this.onabort = this.onerror = null; this._line = lines(name); this._load() }
  _load() { const row = all('SELECT version, stores FROM bench_idb_names WHERE db = ?', this.name)[0]; this.version = row?.[0] ?? 0; this._stores = row ? JSON.parse(row[1]) : {} }
  _save() { run('REPLACE INTO bench_idb_names VALUES(?, ?, ?)', this.name, this.version, JSON.stringify(this._stores)) }
  _next() { const first = this._line[0]; if (first && first._state === 'waits') first._begin() }
  get objectStoreNames() { return listed(Object.keys(this._stores)) }
  transaction(names, mode = 'readonly') { return new IDBTransaction(this, [names].flat(), mode) }
  createObjectStore(name, { keyPath = null, autoIncrement = false } = {}) {
    if (!this._upgrade) throw no('InvalidStateError', 'stores are made in an upgrade')
    if (this._stores[name]) throw no('ConstraintError', `there is a store ${name}`)
    this._stores[name] = { keyPath, autoIncrement, last: 0, indexes: {} }
    this._save()
    this._upgrade.objectStoreNames = this.objectStoreNames
    return this._upgrade.objectStore(name)
  }
  deleteObjectStore(name) {
    delete this._stores[name]
    this._save()
    for (const table of ['bench_idb', 'bench_idb_index']) run(`DELETE FROM ${table} WHERE db = ? AND store = ?`, this.name, name)
  }
  close() {}
}
const waiting = new Map()
const lines = name => waiting.get(name) ?? waiting.set(name, []).get(name)
let ready = false
const prepared = () => { if (!ready) { H.sqlExec(0, LAYOUT); ready = true } }
export const indexedDB = {
  open(name, version) {
    const request = new IDBOpenDBRequest(null, null)
    setImmediate(() => {
      prepared()
      const db = new IDBDatabase(String(name)), old = db.version, wanted = version ?? (old || 1)
      const fail = error => { request.error = error; request._tell('error', { cancelable: true }) }
      if (wanted < old) return fail(no('VersionError', `the version is ${old}`))
      request.result = db
      if (wanted === old) return request._tell('success')
      const upgrade = new IDBTransaction(db, db.objectStoreNames, 'versionchange')
      request.transaction = db._upgrade = upgrade
      upgrade._after = how => {
        db._upgrade = undefined; request.transaction = null
        if (how === 'complete') request._tell('success'); else fail(upgrade.error ?? no('AbortError', 'the upgrade was aborted'))
      }
      upgrade._ask(null, () => {
        db.version = wanted
        db._save()
        const event = new Event('upgradeneeded')
        event.oldVersion = old; event.newVersion = wanted
        request.dispatchEvent(event)
      })
    })
    return request
  },
  deleteDatabase(name) {
    const request = new IDBOpenDBRequest(null, null)
    setImmediate(() => {
      prepared()
      for (const table of ['bench_idb_names', 'bench_idb', 'bench_idb_index']) run(`DELETE FROM ${table} WHERE db = ?`, String(name))
      request._tell('success')
    })
    return request
  },
  async databases() { prepared(); return all('SELECT db, version FROM bench_idb_names ORDER BY db').map(([name, version]) => ({ name, version })) },
  cmp(a, b) { const [x, y] = [encoded(a), encoded(b)]; return x < y ? -1 : x > y ? 1 : 0 },
}
const IDBCursorWithValue = IDBCursor, IDBFactory = Object
Object.assign(globalThis, { indexedDB, IDBKeyRange, IDBRequest, IDBOpenDBRequest, IDBTransaction, IDBObjectStore, IDBIndex, IDBCursor, IDBCursorWithValue, IDBDatabase, IDBFactory })
export default indexedDB
