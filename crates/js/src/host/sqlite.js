// SQLite on the phone's disk, in the shape of better-sqlite3.
import { H } from 'bench'

/** What SQLite said no to, with its code. */
export class SqliteError extends Error {
  constructor(message, code) { super(message); this.name = 'SqliteError'; this.code = code }
}
const told = f => (...args) => {
  try { return f(...args) } catch (error) {
    const parts = /^(SQLITE_[A-Z]+)\|([^]*)$/.exec(error.message ?? '')
    throw parts ? new SqliteError(parts[2], parts[1]) : error
  }
}
const ask = told(H.sqlAll), run = told(H.sqlRun), exec = told(H.sqlExec), openNamed = told(H.sqlOpen), columnsOf = told(H.sqlColumns)
const isNamed = value => typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)
/** Parameters as they come: one list, one object of names, or one after the other. */
export const parameters = args => (args.length === 1 && Array.isArray(args[0]) ? args[0] : args.length === 1 && isNamed(args[0]) ? args[0] : args.flat())

class Statement {
  constructor(database, text) {
    this.database = database; this.source = text; this._bound = undefined; this._shape = 'object'
    this.reader = columnsOf(database._number, text).length > 0
    this.readonly = /^\s*(SELECT|PRAGMA|EXPLAIN|WITH[^;]*SELECT)/i.test(text)
  }
  _given(args) { return this._bound ?? parameters(args) }
  _rows(args, limit) {
    const rows = ask(this.database._number, this.source, this._given(args), this._shape !== 'object', limit)
    return this._shape === 'pluck' ? rows.map(row => row[0]) : rows
  }
  run(...args) { const [changes, lastInsertRowid] = run(this.database._number, this.source, this._given(args)); return { changes, lastInsertRowid } }
  get(...args) { return this._rows(args, 1)[0] }
  all(...args) { return this._rows(args) }
  *iterate(...args) { yield* this._rows(args) }
  pluck(on = true) { this._shape = on ? 'pluck' : 'object'; return this }
  raw(on = true) { this._shape = on ? 'raw' : 'object'; return this }
  expand() { return this }
  safeIntegers() { return this }
  bind(...args) { this._bound = parameters(args); return this }
  columns() { return columnsOf(this.database._number, this.source).map(name => ({ name, column: name, table: null, database: null, type: null })) }
}

/** One database of the phone. The first that is opened is the one in which the bench keeps its journal. */
export default class Database {
  constructor(name = ':memory:') {
    this.name = String(name); this.memory = this.name === ':memory:'; this.readonly = false; this.open = true
    Object.defineProperty(this, '_number', { value: openNamed(this.name.replace(/^file:/, '').replace(/\?.*$/, '')) })
    Object.defineProperty(this, '_depth', { value: 0, writable: true })
  }
  get inTransaction() { return H.sqlIsOpen(this._number) }
  prepare(text) { return new Statement(this, text) }
  exec(text) { exec(this._number, text); return this }
  pragma(text, { simple = false } = {}) {
    const rows = ask(this._number, `PRAGMA ${text}`, [], false)
    return simple ? (rows[0] === undefined ? undefined : Object.values(rows[0])[0]) : rows
  }
  transaction(f) {
    const within = how => (...args) => {
      // One within another is a savepoint.
      const inner = this.inTransaction
      exec(this._number, inner ? 'SAVEPOINT `bench`' : how)
      let given
      try { given = f(...args) } catch (error) {
        if (this.inTransaction) exec(this._number, inner ? 'ROLLBACK TO `bench`; RELEASE `bench`' : 'ROLLBACK')
        throw error
      }
      if (given && typeof given.then === 'function') {
        exec(this._number, inner ? 'ROLLBACK TO `bench`; RELEASE `bench`' : 'ROLLBACK')
        throw new TypeError('Transaction function cannot return a promise')
      }
      exec(this._number, inner ? 'RELEASE `bench`' : 'COMMIT')
      return given
    }
    return Object.assign(within('BEGIN'), { default: within('BEGIN'), deferred: within('BEGIN'), immediate: within('BEGIN IMMEDIATE'), exclusive: within('BEGIN EXCLUSIVE') })
  }
  close() { this.open = false; return this }
  function(name) { throw new Error(`functions of one's own in SQLite are not supported: ${name}`) }
  aggregate(name) { throw new Error(`functions of one's own in SQLite are not supported: ${name}`) }
  unsafeMode() { return this }
  defaultSafeIntegers() { return this }
}
Database.SqliteError = SqliteError
export { Database }
