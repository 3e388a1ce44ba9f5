// PouchDB's adapter over LevelDB takes these of Node for granted.
export { Buffer } from 'buffer'
export { default as process } from 'process'
