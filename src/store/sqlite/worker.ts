import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Change } from '../../grant/store.js'
import { readMigrations } from '../migrate.js'
import { anchor, openReading, openWriting } from './connection.js'
import { tell } from './faults.js'
import { checkIntegrity } from './integrity.js'
import { migrate } from './migrations.js'
import type { Reads, Replies, Reply, Request, Start, Writes } from './protocol.js'
import { prepareOutbox } from './outbox.js'
import { preparePrune } from './prune.js'
import { prepareReader } from './reader.js'
import { prepareWriter } from './writer.js'

/**
 * Answers each turn's writes together. A message port hands over all that has arrived before
 * `setImmediate` runs, so the busier Stint is, the more writes share one fsync.
 */
function serveWriter(port: MessagePort, { file, migrations }: Start): void {
  const db = openWriting(file)
  migrate(db, readMigrations(migrations))
  checkIntegrity(db)
  const check = anchor(file)
  const write = prepareWriter(db, check)
  const others = { ...prepareOutbox(db, check), prune: preparePrune(db, check) }
  // A file that can only be read is refused now, not at the first grant.
  const [proof] = write([{ op: 'probe' }])
  if (proof?.ok === false) throw proof.fault
  let batch: Request[] = []

  const flush = (): void => {
    const requests = batch
    batch = []
    if (requests.length === 0) return
    const began = performance.now()
    const written = write(
      requests.map(({ op, arg }) => (op === 'commit' ? { op, change: arg as Change } : { op: 'probe' })),
    )
    const took = performance.now() - began
    const replies = written.map((answer, index): Reply => {
      const id = requests[index]?.id ?? 0
      return answer.ok ? { id, ok: true, value: answer.value } : { id, ok: false, fault: tell(answer.fault) }
    })
    send(port, { replies, took })
  }

  const take = (request: Request): void => {
    if (request.op === 'close') {
      flush()
      db.close()
      port.close()
    } else if (Object.hasOwn(others, request.op)) {
      // Behind what came before it: what was committed can be claimed.
      flush()
      send(port, { replies: [answer(others, request)] })
    } else {
      if (batch.length === 0) setImmediate(flush)
      batch.push(request)
    }
  }
  port.on('message', (requests: readonly Request[]) => requests.forEach(take))
}

const send = (port: MessagePort, message: Replies): void => port.postMessage(message)

/** Runs one operation, whatever comes of it. */
function answer(operations: Partial<Reads & Writes>, { id, op, arg }: Request): Reply {
  try {
    const run = operations[op as keyof (Reads & Writes)] as (arg: unknown) => unknown
    return { id, ok: true, value: run(arg) }
  } catch (error) {
    return { id, ok: false, fault: tell(error) }
  }
}

function serveReader(port: MessagePort, { file }: Start): void {
  const db = openReading(file)
  const reads = prepareReader(db)
  port.on('message', (requests: readonly Request[]) => {
    const asked = requests.filter(({ op }) => op !== 'close')
    if (asked.length > 0) send(port, { replies: asked.map((request) => answer(reads, request)) })
    if (asked.length === requests.length) return
    db.close()
    port.close()
  })
}

if (parentPort) {
  const start = workerData as Start
  try {
    if (start.role === 'writer') serveWriter(parentPort, start)
    else serveReader(parentPort, start)
    send(parentPort, { replies: [{ id: 0, ok: true, value: undefined }] })
  } catch (error) {
    send(parentPort, { replies: [{ id: 0, ok: false, fault: tell(error) }] })
    parentPort.close()
  }
}
