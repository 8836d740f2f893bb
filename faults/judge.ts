import { setTimeout as sleep } from 'node:timers/promises'
import { createRecord, type Reading } from './record.js'
import { missing, type Told } from './told.js'
import type { World } from './world.js'

/** Holds what happened against what is on the record, as often as it is asked. */
export interface Judge {
  readonly record: Reading
  /** Takes the next texts of the record in; what is wrong with them, one sentence each. */
  take(texts: readonly string[]): readonly string[]
  /**
   * What should be on the record that was taken in and is not: answers that were given (each once), sessions that
   * STS made; and one ask that became two grants.
   */
  hold(told: readonly Told[], sessions?: number): readonly string[]
  /** Reads what is new from a broker that serves, and holds against it all that happened before this call. */
  judge(told: readonly Told[]): Promise<readonly string[]>
}

type Seen = Pick<World, 'sts' | 'urls' | 'token' | 'upFor'>

const page = 1_000

/** An issuance is given up for lost after 70 s; some room for a machine that is busy. */
const givenUp = 70_000 + 20_000

/** A sweep comes every five seconds of a broker's life, once it has lived for five. */
const swept = 20_000

export function createJudge(world: Seen): Judge {
  const record = createRecord()
  const asks = new Map<string, string>()
  let [heard, minted, granted] = [0, 0, 0]

  function hold(told: readonly Told[], sessions = world.sts.sessions.length): readonly string[] {
    const lost = told.slice(heard).map((one) => missing(one, record))
    const unrecorded = world.sts.sessions
      .slice(minted, sessions)
      .filter(({ sessionName }) => !record.sessions.has(sessionName))
      .map((one) => `STS made ${one.accessKeyId} for ${one.sessionName}, of which the record knows nothing`)
    ;[heard, minted] = [told.length, sessions]
    return [...lost.filter((wrong) => wrong !== undefined), ...unrecorded, ...twice()]
  }

  function twice(): readonly string[] {
    const fresh = [...record.grants].slice(granted)
    granted = record.grants.size
    return fresh.flatMap(([id, { reason }]) => {
      const other = asks.get(reason)
      asks.set(reason, id)
      return other === undefined ? [] : [`one ask became two grants, ${other} and ${id}: ${reason}`]
    })
  }

  return {
    record,
    take: record.take,
    hold,
    async judge(told) {
      // What is read begins after what it is held against has ended.
      const [until, sessions] = [told.length, world.sts.sessions.length]
      const wrong = record.take(await readOn(world, record.head().seq))
      return [
        ...wrong,
        ...hold(told.slice(0, until), sessions),
        ...(world.upFor() > swept ? overdue(record) : []),
      ]
    },
  }
}

/** What was begun so long ago that a sweep must have given it up. */
function overdue({ issuances }: Reading, now = Date.now()): readonly string[] {
  return [...issuances]
    .filter(([, { state, startedAt }]) => state === 'started' && now - startedAt > givenUp + swept)
    .map(([id]) => `issuance ${id} is still started long after STS's deadline`)
}

/** The texts after a place, read page by page as an auditor does. */
async function readOn(world: Seen, after: number): Promise<readonly string[]> {
  const texts: string[] = []
  for (;;) {
    const lines = await readPage(world, after + texts.length)
    texts.push(...lines)
    if (lines.length < page) return texts
  }
}

/** A broker that is too busy for it is asked again. */
async function readPage({ urls, token }: Seen, from: number): Promise<readonly string[]> {
  for (let tries = 0; ; tries++) {
    // Readers have a limit a minute, too; so many auditors have none.
    const auditor = token(`auditor-${from}-${tries}`, ['audit'])
    const response = await fetch(`${urls()[0]}/v1/audit/events?limit=${page}&after=${from}`, {
      headers: { authorization: `Bearer ${auditor}`, accept: 'application/x-ndjson' },
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    if (response.status === 200) return text.split('\n').filter((line) => line !== '')
    if (response.status !== 503 || tries === 30) throw new Error(`The record could not be read: ${text}`)
    await sleep(1_000)
  }
}

/**
 * What the record says of sessions that STS made, and what cannot be: `failed` means that STS made none, and the
 * attempts that it counts are no fewer than there are.
 */
export function contradictions(record: Reading, sts: Seen['sts']): readonly string[] {
  const made = new Map<string, readonly string[]>()
  for (const { sessionName, accessKeyId } of sts.sessions)
    made.set(sessionName, [...(made.get(sessionName) ?? []), accessKeyId])
  return [...made].flatMap(([name, keys]) => {
    const { state, accessKeyId, attempts } = record.sessions.get(name) ?? {}
    if (state === 'failed') return [`${name} is failed on the record, and STS made ${keys.join(', ')}`]
    if (accessKeyId !== undefined && !keys.includes(accessKeyId))
      return [`${name} has ${accessKeyId} on the record, which STS never made`]
    return attempts !== undefined && attempts < keys.length
      ? [`${name} has ${attempts} attempts on the record, and STS made ${keys.join(', ')}`]
      : []
  })
}
