// localStorage, on the phone's disk. What is written in a turn is one transaction, as in browsers.
const LOCAL = 'CREATE TABLE IF NOT EXISTS bench_local(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID'
class Storage {
  #ready = false
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
  setItem(key, value) { this.#write('REPLACE INTO bench_local VALUES(?, ?)', String(key), String(value)) }
  removeItem(key) { this.#write('DELETE FROM bench_local WHERE k = ?', String(key)) }
  clear() { this.#write('DELETE FROM bench_local') }
  key(at) { return this.#ask('SELECT k FROM bench_local ORDER BY k LIMIT 1 OFFSET ?', at)[0]?.[0] ?? null }
  get length() { return this.#ask('SELECT count(*) FROM bench_local')[0][0] }
}
hide(globalThis, { Storage, localStorage: new Storage() })
