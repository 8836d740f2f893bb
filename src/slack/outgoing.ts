import type { SlackWiring } from '../config/slack.js'
import { Fault } from '../fault.js'
import type { Broker } from '../grant/broker.js'
import type { Fetch } from '../identity/fetch-json.js'
import { createDelivery } from './deliver.js'
import { onlySlack, slackApi } from './only-slack.js'
import { quiet } from './quiet.js'

interface OutgoingOptions {
  readonly broker: Broker
  readonly wiring: SlackWiring | undefined
  readonly fetch: Fetch
  /** Directories whose subjects are addresses by which people are known in Slack. */
  readonly emails: () => readonly string[]
  /** A number from 0 to 1. */
  readonly chance: () => number
  readonly failed: (error: unknown, what: string) => void
}

/** How long Slack may take to answer one call, in milliseconds. */
const patience = 10_000

/**
 * One round of telling Slack what is due, to be repeated; does nothing where Slack has no part in it. Rejects with
 * `invalid_config` where there is no token to tell it with.
 */
export async function createOutgoing(options: OutgoingOptions): Promise<() => Promise<void>> {
  const { broker, wiring, fetch, emails, chance, failed } = options
  if (!wiring) return async () => undefined
  const { botToken, apiUrl = slackApi, ticketUrl } = wiring
  if (botToken === undefined)
    throw new Fault('invalid_config', 'The section slack needs STINT_SLACK_BOT_TOKEN in the environment.')
  const { webApi } = await import('@slack/bolt')
  // What is tried again, and when, is the outbox's to say.
  const client = new webApi.WebClient(botToken, {
    slackApiUrl: apiUrl,
    allowAbsoluteUrls: false,
    fetch: onlySlack(fetch, apiUrl),
    timeout: patience,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: quiet,
  })
  return createDelivery({
    broker,
    client,
    emails,
    chance,
    failed,
    ...(ticketUrl !== undefined && { ticketUrl }),
  })
}
