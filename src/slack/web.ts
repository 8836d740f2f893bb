import type { webApi } from '@slack/bolt'
import type { Duration, Instant } from '../time.js'
import type { Block } from './rich.js'

/** How a call to Slack went wrong. */
export type Trouble =
  /** Slack wants to be left alone for so long; nothing was done. */
  | { readonly kind: 'limited'; readonly after: Duration }
  /** Slack says no, in its own word; nothing was done. */
  | { readonly kind: 'refused'; readonly error: string }
  /** It was never reached; nothing was done. */
  | { readonly kind: 'unreached'; readonly error: string }
  /** No answer that could be trusted: it may have been done. */
  | { readonly kind: 'unsure'; readonly error: string }

/** What Slack answers when it has trouble of its own (docs.slack.dev, errors that every method has). */
const itsOwn = [
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]

/** Codes of what fails before anything is sent. */
const before = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]

/** Sorts what the client throws; anything else is thrown on. Holds nothing that was sent. */
export function troubleOf(thrown: unknown): Trouble {
  const error = thrown as webApi.WebAPICallError
  switch (error.code) {
    case 'slack_webapi_rate_limited_error':
      return { kind: 'limited', after: error.retryAfter * 1_000 }
    case 'slack_webapi_platform_error': {
      const { error: said } = error.data
      return { kind: itsOwn.includes(said) ? 'unsure' : 'refused', error: said }
    }
    case 'slack_webapi_http_error':
      return { kind: 'unsure', error: `HTTP ${error.statusCode}` }
    case 'slack_webapi_request_error': {
      const { cause } = error.original
      const why = String((cause as NodeJS.ErrnoException | undefined)?.code ?? error.original.name)
      return { kind: before.includes(why) ? 'unreached' : 'unsure', error: why }
    }
    default:
      throw thrown
  }
}

/** A message to be posted, with the key that it can be found again by. */
export interface Letter {
  readonly channel: string
  readonly thread?: string
  readonly text: string
  readonly blocks?: readonly Block[]
  readonly key: string
}

const kind = 'stint_notice'

/** Slack's clock and ours, and how long a call may have been under way. */
const apart: Duration = 300_000

/** Pages of a conversation that are looked through at most, and how many messages each has. */
const pages = 20
const inPage = 200

/** A letter that is there now: its stamp, and whether it was there already, as it was written then. */
export interface Posted {
  readonly ts: string
  readonly found: boolean
}

/** Posts; what may have been posted already, since `unsureSince`, is looked for first. */
export async function post(
  client: webApi.WebClient,
  letter: Letter,
  unsureSince: Instant | undefined,
): Promise<Posted> {
  const there = unsureSince === undefined ? undefined : await find(client, letter, unsureSince)
  if (there !== undefined) return { ts: there, found: true }
  const { channel, thread, text, blocks, key } = letter
  const { ts } = await client.chat.postMessage({
    channel,
    text,
    ...(blocks && { blocks: [...blocks] }),
    ...(thread !== undefined && { thread_ts: thread }),
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: kind, event_payload: { key } },
  } as webApi.ChatPostMessageArguments)
  return { ts: ts ?? '', found: false }
}

async function find(
  client: webApi.WebClient,
  { channel, thread, key }: Letter,
  since: Instant,
): Promise<string | undefined> {
  const oldest = String(Math.floor((since - apart) / 1_000))
  let cursor: string | undefined
  for (let page = 0; page < pages; page++) {
    const wanted = {
      channel,
      oldest,
      limit: inPage,
      include_all_metadata: true,
      ...(cursor !== undefined && { cursor }),
    }
    const { messages = [], response_metadata: next } = await (thread === undefined
      ? client.conversations.history(wanted)
      : client.conversations.replies({ ...wanted, ts: thread }))
    const ours = messages.find(({ metadata }) => {
      const payload = metadata?.event_payload as { readonly key?: unknown } | undefined
      return metadata?.event_type === kind && payload?.key === key
    })
    if (ours?.ts !== undefined) return ours.ts
    cursor = next?.next_cursor
    if (cursor === undefined || cursor === '') return undefined
  }
  return undefined
}
