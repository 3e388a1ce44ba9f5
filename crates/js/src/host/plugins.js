// SQLite plugins of React Native and Capacitor over the phone's SQLite: their documented core.
import Database, { parameters } from 'bench:sqlite'

const done = (database, text, args = []) => {
  const statement = database.prepare(text)
  if (statement.reader) return { rows: statement.all(parameters([args])), changes: 0, insertId: undefined }
  const { changes, lastInsertRowid } = statement.run(parameters([args]))
  return { rows: [], changes, insertId: lastInsertRowid }
}

/** Of @op-engineering/op-sqlite and react-native-quick-sqlite. */
export function open({ name = 'app.db' } = {}) {
  const database = new Database(name)
  const execute = (text, args) => {
    const { rows, changes, insertId } = done(database, text, args)
    return { rows: Object.assign(rows, { _array: rows, item: at => rows[at] }), rowsAffected: changes, insertId }
  }
  let last = Promise.resolve()
  const within = async task => {
    database.exec('BEGIN')
    let open = true
    const end = text => { if (open) { open = false; database.exec(text) } return { rows: [], rowsAffected: 0 } }
    try {
      await task({ execute: async (text, args) => execute(text, args), executeAsync: async (text, args) => execute(text, args), commit: async () => end('COMMIT'), rollback: () => end('ROLLBACK') })
      end('COMMIT')
    } catch (error) { end('ROLLBACK'); throw error }
  }
  return {
    execute: async (text, args) => execute(text, args), executeSync: execute, executeAsync: async (text, args) => execute(text, args),
    executeBatch: async commands => {
      let rowsAffected = 0
      database.transaction(() => {
        for (const [text, args = []] of commands) for (const one of Array.isArray(args[0]) ? args : [args]) rowsAffected += execute(text, one).rowsAffected
      })()
      return { rowsAffected }
    },
    transaction(task) { const run = last.then(() => within(task)); last = run.catch(() => {}); return run },
    close() { database.close() }, delete() {}, getDbPath: () => name,
  }
}

/** Of react-native-sqlite-storage and Cordova: callbacks, or promises after `enablePromise(true)`. */
class StorageDatabase {
  constructor(name) { this.database = new Database(name); this.last = Promise.resolve() }
  transaction(task, failed, well) {
    const run = this.last.then(async () => {
      this.database.exec('BEGIN')
      try {
        const queue = []
        const transaction = {
          executeSql: (text, args = [], ok, wrong) => new Promise((resolve, reject) => { queue.push({ text, args, ok, wrong, resolve, reject }) }),
        }
        const given = task(transaction)
        given?.catch?.(() => {})
        for (;;) {
          const next = queue.shift()
          if (!next) { if (queue.length === 0) await given; if (queue.length === 0) break; continue }
          const { text, args, ok, wrong, resolve, reject } = next
          try {
            const { rows, changes, insertId } = done(this.database, text, args)
            const result = { rows: { length: rows.length, item: at => rows[at], raw: () => rows }, rowsAffected: changes, insertId }
            resolve([transaction, result])
            ok?.(transaction, result)
          } catch (error) {
            reject(error)
            if (!wrong || wrong(transaction, error) !== false) throw error
          }
          await null
        }
        this.database.exec('COMMIT')
      } catch (error) { this.database.exec('ROLLBACK'); throw error }
    })
    this.last = run.catch(() => {})
    const told = run.then(() => well?.(), error => { if (!failed) throw error; failed(error) })
    return told
  }
  readTransaction(task, failed, well) { return this.transaction(task, failed, well) }
  async executeSql(text, args = [], ok, wrong) {
    try {
      const { rows, changes, insertId } = done(this.database, text, args)
      const result = { rows: { length: rows.length, item: at => rows[at], raw: () => rows }, rowsAffected: changes, insertId }
      ok?.(result)
      return [result]
    } catch (error) { if (wrong) wrong(error); else throw error }
  }
  async close(well) { this.database.close(); well?.() }
}
export const openDatabase = (options, ...rest) => {
  const database = new StorageDatabase(typeof options === 'string' ? options : options.name)
  const well = rest.find(it => typeof it === 'function')
  if (well) setTimeout(() => well(database))
  return Object.assign(Promise.resolve(database), { transaction: (...args) => database.transaction(...args), executeSql: (...args) => database.executeSql(...args), close: (...args) => database.close(...args) })
}
export const enablePromise = () => {}
export const DEBUG = () => {}

/** Of @capacitor-community/sqlite. */
class CapacitorConnection {
  constructor(name) { this.name = name }
  async open() { this.database = new Database(this.name) }
  async close() { this.database.close() }
  async isDBOpen() { return { result: !!this.database } }
  async execute(text, transaction = true) {
    const before = this.database.inTransaction
    if (transaction && !before) this.database.transaction(() => { this.database.exec(text) })(); else this.database.exec(text)
    return { changes: { changes: 0 } }
  }
  async run(text, args = [], transaction = true) {
    void transaction
    const { changes, insertId, rows } = done(this.database, text, args)
    return { changes: { changes, lastId: insertId, values: rows } }
  }
  async query(text, args = []) { return { values: done(this.database, text, args).rows } }
  async executeSet(set, transaction = true) {
    let changes = 0
    const all = () => { for (const { statement, values = [] } of set) for (const one of Array.isArray(values[0]) ? values : [values]) changes += done(this.database, statement, one).changes }
    if (transaction) this.database.transaction(all)(); else all()
    return { changes: { changes } }
  }
  async beginTransaction() { this.database.exec('BEGIN') }
  async commitTransaction() { this.database.exec('COMMIT') }
  async rollbackTransaction() { this.database.exec('ROLLBACK') }
  async isTransactionActive() { return { result: this.database.inTransaction } }
}
export class SQLiteConnection {
  #open = new Map()
  async createConnection(name) { const made = new CapacitorConnection(name); this.#open.set(name, made); return made }
  async retrieveConnection(name) { return this.#open.get(name) }
  async isConnection(name) { return { result: this.#open.has(name) } }
  async checkConnectionsConsistency() { return { result: true } }
  async closeConnection(name) { this.#open.delete(name) }
}
export const CapacitorSQLite = {}
export default { openDatabase, enablePromise, DEBUG, open }
