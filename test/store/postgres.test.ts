import t from 'tap'
import { openPostgres } from '../../src/store/postgres/store.js'
import { storeContract } from '../contract/store.js'
import { startPglite } from '../support/pglite.js'

const pglite = await startPglite()
t.teardown(() => pglite.close())

let count = 0
const open = async () => openPostgres({ url: await pglite.fresh(), replica: `r${++count}`, clock: Date.now })

await t.test('contract', (t) => storeContract(t, open))
