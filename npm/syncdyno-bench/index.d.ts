/// <reference path="./modules.d.ts" />
/** What a scenario says of a column; a `ref` names the table it refers to. */
export interface Column { name: string; kind: 'text' | 'int' | 'real' | 'bool' | 'timestamp' | 'date' | 'decimal' | 'blob' | 'ref'; of?: string }
export interface Table { name: string; columns: Column[] }
export interface Unit { name: string; pull: string[]; push: string[] }
/** What an adapter is given as it is opened. */
export interface Bench {
  device: string
  person: number
  tables: Table[]
  units: Unit[]
  attributes: unknown[]
  url: string
  /** Says that what came is in the database by now; without it that is as a turn has written something. */
  applied(): void
  /** Says that the person was told that what was changed in a row did not go as made: `id` is the row's, `edit` names one of several edits of it. */
  log(line: { id: string; edit?: string; kind?: 'rejected' | 'superseded' | 'merged' | 'overwrote' | 'kept-both' }): void
}
export type Row = { id: string; [column: string]: string | number | boolean | null }
/** `id` is the edit's own name: a server that is given it as `key` of a write knows whose that is. */
export interface Edit { id: string; entity: string; kind: 'create' | 'update' | 'delete'; key: string; values: Record<string, string | number | boolean | null> }
/** What a phone begins with that was synced before: rows and cursors by table. */
export interface Provision { tables: Record<string, Row[]>; cursors: Record<string, string>; syncedAt: number }
/** What became of what somebody saved; `name` is what the app calls the edit, where it does so itself. */
export type Saved = void | 'exists' | 'missing' | 'unchanged' | { name: string | string[] }
export interface Adapter {
  open?(bench: Bench): void | Promise<void>
  sync(unit: Unit): void | Promise<void>
  edit(edit: Edit): Saved | Promise<Saved>
  /** What the app shows of a table; waits for nothing. */
  rows(table: string): Row[] | Promise<Row[]>
  /** The rows that wait to be sent, as [table, id]; waits for nothing. */
  pending?(): [string, string][] | Promise<[string, string][]>
  provision?(state: Provision): void | Promise<void>
}
export interface Capabilities {
  /** `converges` if nothing is said; `keeps`: an edit that met another is on the server, waits or is in a log; `drops`: it may be gone. */
  merge?: 'keeps' | 'converges' | 'drops'
  acknowledges?: boolean
  stamps?: boolean
  sessions?: boolean
  once?: boolean
  prompt?: boolean
  /** Each edit that was refused or overwritten is told by `bench.log`. */
  logs?: boolean
  status?: boolean
  lacks?: string[]
}
export interface Changes { rows: (Row & { _stamp: number })[]; deleted: string[]; cursor: number }
export interface Written { ok: boolean; stamp?: number; changed?: boolean; id?: string; why?: 'stale' | 'gone' | 'exists' | 'taken' | 'rejected'; reason?: string; current?: (Row & { _stamp: number; _deleted?: boolean }) | null }
export interface WriteOptions { /** The `_stamp` of the version that was edited. */ base?: number; /** Two writes of a row with one key are one; the `id` of an edit says whose it is. */ key?: string; /** A rule of the server's own made another value of what the edit says. */ changed?: boolean }
/** The bench's system of record, as the server's functions use it. */
export interface Record_ {
  changes(table: string, since?: number | string | null): Changes
  get(table: string, id: string): (Row & { _stamp: number; _deleted?: boolean }) | null
  put(table: string, row: Partial<Row> & { id: string }, options?: WriteOptions): Written
  remove(table: string, id: string, options?: WriteOptions): Written
  /** Says no to what a phone did with a row, by a rule of the server's own; `key` is the edit's `id`. */
  refuse(table: string, id: string, options?: { key?: string; why?: string }): { ok: false; why: string; current: (Row & { _stamp: number; _deleted?: boolean }) | null }
  /** The names of all tables that come to phones. */
  readonly tables: string[]
  /** Microseconds since 1970 by the backend's clock. */
  now(): number
  /** A SQLite database of the server's own, in the shape of better-sqlite3. */
  readonly sql: any
}
export interface Asked extends Request { path: string; query: URLSearchParams; user: number; params?: Record<string, string> }
type Answer = unknown
export interface Server {
  fetch?(request: Asked, db: Record_): Answer | Promise<Answer>
  routes?: Record<string, (request: Asked, db: Record_) => Answer | Promise<Answer>>
  pull?(since: string | null, given: { table: string | null; user: number; query: URLSearchParams; request: Asked; db: Record_ }): Answer | Promise<Answer>
  push?(changes: any, given: { user: number; query: URLSearchParams; request: Asked; db: Record_ }): Answer | Promise<Answer>
}

export interface Options {
  /** `1..=3` if nothing is said. */
  seeds?: string
  /** Keys of the scenario with other values: `{ 'fleet.phones.link': '3g-poor' }`. */
  set?: Record<string, string | number | boolean>
  /** The path of the program; `SYNCDYNO` of the environment, or `syncdyno`. */
  program?: string
  args?: string[]
  cwd?: string
}
export interface Report { run: any; text: string; /** The largest value of a figure over all seeds. */ figure(name: string): number }
export class BenchError extends Error { run?: any }
/** Runs a scenario; throws with the failing seeds and how each is repeated. */
export function bench(scenario: string | URL, options?: Options): Report
