import t from 'tap'
import { join } from 'node:path'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { storeContract } from '../contract/store.js'

let count = 0
const folder = t.testdir()
await storeContract(t, () => openSqlite({ path: join(folder, `${++count}.db`) }))
