// localStorage, on the phone's disk. What is written in a turn is one transaction, as in browsers.
const LOCAL = 'CREATE TABLE IF NOT EXISTS bench_local(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID'
const QUOTA = 5 * 1024 * 1024
class Storage {
  #ready = false
  /** No fewer letters are kept than are there; counted where that would be too many. */
  #letters = Infinity
  #ask(text, ...args) {
    if (!this.#ready) { H.sqlExec(0, LOCAL, true); this.#ready = true }
    return H.sqlAll(0, text, args, true)
  }
  #write(text, ...args) {
    if (!this.#ready) { H.sqlExec(0, LOCAL, true); this.#ready = true }
    H.sqlWhole()
    H.sqlRun(0, text, args)
  }
  getItem(key) { return this.#ask('SELECT v FROM bench_local WHERE k = ?', String(key))[0]?.[0] ?? null }
  setItem(key, value) {
    key = String(key); value = String(value)
    if (this.#letters + key.length + value.length > QUOTA) {
      const others = this.#ask('SELECT k, v FROM bench_local WHERE k <> ?', key)
      this.#letters = others.reduce((sum, [k, v]) => sum + k.length + v.length, 0)
      if (this.#letters + key.length + value.length > QUOTA) {
        this.#letters = Infinity
        throw new DOMException(`Failed to execute 'setItem' on 'Storage': Setting the value of '${key}' exceeded the quota.`, 'QuotaExceededError')
      }
    }
    this.#letters += key.length + value.length
    this.#write('REPLACE INTO bench_local VALUES(?, ?)', key, value)
  }
  removeItem(key) { this.#write('DELETE FROM bench_local WHERE k = ?', String(key)) }
  clear() { this.#write('DELETE FROM bench_local') }
  key(at) { return this.#ask('SELECT k FROM bench_local ORDER BY k LIMIT 1 OFFSET ?', at)[0]?.[0] ?? null }
  get length() { return this.#ask('SELECT count(*) FROM bench_local')[0][0] }
}
hide(globalThis, { Storage, localStorage: new Storage() })
