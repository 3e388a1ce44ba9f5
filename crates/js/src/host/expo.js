// expo-sqlite over the phone's SQLite: opening, running, querying, transactions.
import Database, { parameters } from 'bench:sqlite'

class Statement {
  #statement
  constructor(database, text) { this.#statement = database.prepare(text) }
  executeSync(...args) {
    const given = parameters(args)
    if (!this.#statement.reader) {
      const { changes, lastInsertRowid } = this.#statement.run(given)
      return { changes, lastInsertRowId: lastInsertRowid, getAllSync: () => [], getFirstSync: () => null, getAllAsync: async () => [], getFirstAsync: async () => null }
    }
    const rows = this.#statement.all(given)
    return { changes: 0, lastInsertRowId: 0, getAllSync: () => rows, getFirstSync: () => rows[0] ?? null, getAllAsync: async () => rows, getFirstAsync: async () => rows[0] ?? null, [Symbol.iterator]: () => rows[Symbol.iterator]() }
  }
  async executeAsync(...args) { return this.executeSync(...args) }
  finalizeSync() {}
  async finalizeAsync() {}
}
class SQLiteDatabase {
  #own
  constructor(name) { this.#own = new Database(name); this.databasePath = name }
  get databaseName() { return this.databasePath }
  execSync(text) { this.#own.exec(text) }
  runSync(text, ...args) {
    const { changes, lastInsertRowid } = this.#own.prepare(text).run(parameters(args))
    return { changes, lastInsertRowId: lastInsertRowid }
  }
  getFirstSync(text, ...args) { return this.#own.prepare(text).get(parameters(args)) ?? null }
  getAllSync(text, ...args) { return this.#own.prepare(text).all(parameters(args)) }
  *getEachSync(text, ...args) { yield* this.getAllSync(text, ...args) }
  prepareSync(text) { return new Statement(this.#own, text) }
  withTransactionSync(task) { this.#own.transaction(() => { task() })() }
  isInTransactionSync() { return this.#own.inTransaction }
  closeSync() { this.#own.close() }
  async execAsync(text) { this.execSync(text) }
  async runAsync(text, ...args) { return this.runSync(text, ...args) }
  async getFirstAsync(text, ...args) { return this.getFirstSync(text, ...args) }
  async getAllAsync(text, ...args) { return this.getAllSync(text, ...args) }
  async *getEachAsync(text, ...args) { yield* this.getAllSync(text, ...args) }
  async prepareAsync(text) { return this.prepareSync(text) }
  async isInTransactionAsync() { return this.isInTransactionSync() }
  // As in Expo, what others write meanwhile is in the same transaction.
  async withTransactionAsync(task) {
    this.#own.exec('BEGIN')
    try { await task(); this.#own.exec('COMMIT') } catch (error) { this.#own.exec('ROLLBACK'); throw error }
  }
  #last = Promise.resolve()
  async withExclusiveTransactionAsync(task) {
    const run = this.#last.then(() => this.withTransactionAsync(() => task(this)))
    this.#last = run.catch(() => {})
    return run
  }
  async closeAsync() { this.closeSync() }
}
export const openDatabaseSync = name => new SQLiteDatabase(name)
export const openDatabaseAsync = async name => new SQLiteDatabase(name)
export { SQLiteDatabase }
export default { openDatabaseSync, openDatabaseAsync }
