import { iso, parseDuration, type Duration, type Instant } from '../../time.js'
import type { Options } from './client.js'
import type { Session } from './frame.js'
import { Stop } from './stop.js'

export interface Listing {
  readonly path: string
  readonly query: NonNullable<Options['query']>
  /** The query parameter that leads on to the next page. */
  readonly cursor: string
  /** Whether every page is wanted. */
  readonly all: boolean
  /** As `Options` have them, for each page. */
  readonly patience?: Duration
  readonly signal?: AbortSignal
}

/** The bodies of the first page, or of all. */
export async function* pagesOf(session: Session, listing: Listing): AsyncGenerator<unknown> {
  for await (const { body } of replies(session, listing, 'application/json')) yield body
}

/** Prints the first page, or all, as CSV with one heading. */
export async function printCsv(session: Session, listing: Listing): Promise<void> {
  let heading = true
  for await (const { text } of replies(session, listing, 'text/csv')) {
    const lines = text.split(/\r?\n/).filter((line) => line !== '')
    session.say.data(...(heading ? lines : lines.slice(1)))
    heading = false
  }
}

/** The answers themselves, page by page: the next page is where `Link` says, in whatever form they come. */
export async function* replies({ client, say }: Session, listing: Listing, accept: string) {
  const { path, query, cursor, all, ...rest } = listing
  const broker = client()
  let at: string | undefined
  do {
    const options = { query: { ...query, ...(at !== undefined && { [cursor]: at }) }, accept, ...rest }
    const reply = await say.during('Reading from the broker', broker.get(path, options))
    yield reply
    const next = cursorOf(reply.headers.get('link'), cursor)
    if (next !== undefined && next === at)
      throw new Stop('unreachable', 'The broker leads from a page to the same page.')
    at = next
  } while (all && at !== undefined)
}

function cursorOf(link: string | null, cursor: string): string | undefined {
  const [, target] = /^<([^>]*)>; rel="next"$/.exec(link ?? '') ?? []
  if (target === undefined || !URL.canParse(target, 'http://x')) return undefined
  return new URL(target, 'http://x').searchParams.get(cursor) ?? undefined
}

/** A time as it is said on the command line: as it stands, or so long ago (`2d`). */
export function since(said: string | undefined, now: Instant): string | undefined {
  if (said === undefined) return undefined
  const ago = parseDuration(said)
  if (ago !== undefined) return iso(now - ago)
  if (Number.isFinite(Date.parse(said))) return iso(Date.parse(said))
  throw new Stop('invalid_request', `${said} is no time: say 2026-11-22T10:00:00Z, or 2d for two days ago.`)
}
