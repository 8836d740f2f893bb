import type { Command } from 'commander'
import type { Entry, EntryPage } from '../../http/contract.js'
import { addExport } from './export.js'
import type { Frame, Session } from './frame.js'
import { pagesOf, printCsv, replies, since } from './pages.js'
import { addProve } from './prove.js'
import * as shape from './shape.js'
import { addVerify } from './verify.js'
import { table, type Column } from './table.js'

interface Filters {
  readonly kind?: readonly string[]
  readonly by?: string
  readonly grant?: string
  readonly refusal?: string
  readonly from?: string
  readonly to?: string
  readonly after?: string
  readonly limit: string
  readonly all?: true
  readonly csv?: true
  readonly ndjson?: true
}

const page: shape.Shape = {
  events: [
    {
      seq: shape.number,
      at: shape.time,
      kind: shape.text,
      by: shape.text,
      grant: shape.maybe(shape.ulid),
      text: shape.text,
      leaf: shape.text,
    },
  ],
  next: shape.maybe(shape.number),
}

export function addAudit(program: Command, frame: Frame): void {
  const audit = frame
    .command(program, 'audit', 'the record, oldest first; for auditors and operators', {
      text: 'That somebody reads the record is on it too.',
      examples: [
        'stint audit --from 1d',
        'stint audit --refusal own_ask --from 90d',
        'stint audit --grant 01K9ZQ3T7M4V5W6X7Y8Z9A0B1D',
        'stint audit --kind grant.denied request.refused --from 7d --csv --all >refused.csv',
        'stint audit --ndjson --all >log.ndjson',
      ],
    })
    .option('--kind <kinds...>', 'events of these kinds')
    .option('--by <subject>', 'done by them; stint for the broker itself')
    .option('--grant <id>', 'about this grant')
    .option(
      '--refusal <reason>',
      'refused for this: own_ask, vote, a check such as ticket, a code such as forbidden',
    )
    .option('--from <time>', 'at this time or later: 2026-11-22T10:00:00Z, or 2d for two days ago')
    .option('--to <time>', 'before this time')
    .option('--after <seq>', 'after this number')
    .option('--limit <count>', 'at most so many, up to 1000', '50')
    .option('--all', 'every page of it')
    .option('--csv', 'as a table for spreadsheets')
    .option('--ndjson', 'one event a line, as the very bytes that were hashed')
    .action(frame.act(read))
  addExport(audit, frame)
  addProve(audit, frame)
  addVerify(audit, frame)
}

async function read(session: Session, filters: Filters): Promise<void> {
  const { say, world } = session
  const { kind, by, grant, refusal, from, to, after, limit, all } = filters
  const times = { from: since(from, world.clock()), to: since(to, world.clock()) }
  const query = { kind, by, grant, refusal, ...times, after, limit }
  const options = { path: '/v1/audit/events', query, cursor: 'after', all: all === true }
  if (filters.csv) return printCsv(session, options)
  if (filters.ndjson) {
    for await (const { text } of replies(session, options, 'application/x-ndjson'))
      // To the byte, or the hashes would not hold; a terminal gets what it can show.
      if (world.stdout.isTTY) say.data(...text.trimEnd().split('\n'))
      else say.raw(text)
    return
  }
  const pages: EntryPage[] = []
  for await (const body of pagesOf(session, options)) pages.push(shape.read<EntryPage>(body, page))
  const events = pages.flatMap((one) => one.events)
  const next = pages.at(-1)?.next
  if (say.json) return say.value({ events, ...(next !== undefined && { next }) })
  if (events.length === 0) return say.note('There is nothing.')
  say.data(...table(events, columns, world.stdout.isTTY ? world.stdout.columns : undefined))
  if (next !== undefined) say.note(`There is more: --all has every page, --after ${next} the next.`, 'dim')
}

const columns: readonly Column<Entry>[] = [
  { name: 'SEQ', of: ({ seq }) => String(seq) },
  { name: 'AT', of: ({ at }) => at },
  { name: 'KIND', of: ({ kind }) => kind },
  { name: 'BY', of: ({ by }) => by, yields: true },
  { name: 'GRANT', of: ({ grant }) => grant },
]
