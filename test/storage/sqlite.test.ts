import { join } from 'node:path'
import { after } from 'node:test'
import { storeContract } from './contract.ts'
import { databaseFolder, migratedSqlite } from './sqlite-file.ts'

const folder = databaseFolder()
after(() => folder[Symbol.dispose]())
let files = 0

storeContract('a SQLite file', () => migratedSqlite(join(folder.path, `${++files}.sqlite`)))
storeContract('SQLite in memory', () => migratedSqlite('memory'))
