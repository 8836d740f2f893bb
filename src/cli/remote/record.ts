import type { Command } from 'commander'
import { parseBeginning } from '../../audit/beginning.js'
import { toldBy } from '../../audit/told.js'
import { checkpointLine, noteIn } from '../../audit/verification.js'
import type { CheckpointPage } from '../../http/contract.js'
import type { Session } from './frame.js'
import { linesOf } from './lines.js'
import { replies, since } from './pages.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'

/** Which part of the record, and where it is read from. */
export interface RecordSource {
  /** Exports that are one record, in their order; without any the broker is asked. */
  readonly record?: readonly string[]
  /** Of this time or later, and before that one; as `since` takes them. */
  readonly from?: string
  readonly to?: string
  /** After this number. */
  readonly after?: string
  /** Whoever reads wants no more. */
  readonly signal?: AbortSignal
}

/** The options that every command has which reads the record. */
export const recordOptions = (command: Command): Command =>
  command
    .option('--from <time>', 'of this time or later: 2026-11-22T10:00:00Z, or 2d for two days ago')
    .option('--to <time>', 'before this time')
    .option('--record <file...>', 'read these exports (ndjson, .gz too) in place of asking the broker')

/** As much as comes in one answer. */
const page = 1_000

/** How long the broker may ask a reader of everything to wait: its limits are by the minute. */
const patience = 90_000

/**
 * The record, oldest first, a line each as an export has them: the text of every event, to the byte, and behind it the
 * checkpoint that it is the last event of, unless times leave some of the events out. Read in one pass, a page at a
 * time. Where its first events were dropped, a line says what was signed of them. Rejects with a `Stop` for what cannot be read or is no export.
 */
export async function* recordLines(session: Session, source: RecordSource): AsyncGenerator<string> {
  const { clock } = session.world
  const [from, to] = [since(source.from, clock()), since(source.to, clock())]
  const { record, after, signal } = source
  if (after !== undefined && !/^\d{1,15}$/.test(after))
    throw new Stop('invalid_request', `${after} is no number of an event.`)
  yield* record ? exported(record, { from, to, after, signal }) : kept(session, { from, to, after, signal })
}

/** The same with times as the broker takes them. */
type Part = { readonly [name in 'from' | 'to' | 'after']: string | undefined } & {
  readonly signal: AbortSignal | undefined
}

/** Whether every event after the first one is wanted: only these are what was signed. */
const isWhole = ({ from, to }: Part): boolean => from === undefined && to === undefined

async function* exported(files: readonly string[], part: Part): AsyncGenerator<string> {
  const [from, to] = [part.from ?? '', part.to ?? ''].map(Date.parse)
  const first = Number(part.after ?? 0) + 1
  let wanted = false
  for (const file of files) {
    let number = 0
    for await (const line of linesOf(file)) {
      number++
      part.signal?.throwIfAborted()
      if (line === '') continue
      if (noteIn(line) !== undefined) {
        if (wanted && isWhole(part)) yield line
        continue
      }
      const beginning = parseBeginning(line)
      if (beginning) {
        if (beginning.after.seq >= first - 1 && isWhole(part)) yield line
        continue
      }
      const told = toldBy(line)
      if (!told)
        throw new Stop('invalid_request', `${file} is no export of the record: see its line ${number}.`)
      // A comparison with no time at all is false.
      wanted = told.seq >= first && !(told.at < Number(from)) && !(told.at >= Number(to))
      if (wanted) yield line
    }
  }
}

async function* kept(session: Session, part: Part): AsyncGenerator<string> {
  const { from, to, after, signal } = part
  const listing = {
    path: '/v1/audit/events',
    query: { from, to, after, limit: page },
    cursor: 'after',
    all: true,
    patience,
    ...(signal && { signal }),
  }
  for await (const { text } of replies(session, listing, 'application/x-ndjson')) {
    const lines = text.split('\n').filter((line) => line !== '')
    const [beginning] = lines
    if (beginning !== undefined && parseBeginning(beginning)) {
      lines.shift()
      if (isWhole(part)) yield beginning
    }
    const seqs = lines.map((line) => toldBy(line)?.seq)
    const notes = isWhole(part) ? await notesFrom(session, seqs[0], signal) : undefined
    for (const [index, line] of lines.entries()) {
      const seq = seqs[index]
      if (seq === undefined) throw new Stop('unreachable', 'The broker answers with what is no event.')
      yield line
      const note = notes?.get(seq)
      if (note !== undefined) yield checkpointLine(note)
    }
  }
}

/** The checkpoints of the events from this one on, as many as a page of them can have, by the last one of each. */
async function notesFrom(
  session: Session,
  seq = 1,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, string>> {
  const options = { query: { after: seq - 1, limit: page }, patience, ...(signal && { signal }) }
  const { body } = await session.client().get('/v1/audit/checkpoints', options)
  const { checkpoints } = shape.read<CheckpointPage>(body, checkpointPage)
  return new Map(checkpoints.map(({ size, note }) => [size, note]))
}

const checkpointPage: shape.Shape = { checkpoints: [{ size: shape.number, note: shape.text }] }
