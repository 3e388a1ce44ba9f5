// better-sqlite3 as packages of CommonJS require it: the phone's SQLite.
module.exports = require('./sqlite.js').default
