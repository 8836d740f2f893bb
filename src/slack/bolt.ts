import { App, type Receiver } from '@slack/bolt'
import { handleClicks } from './clicks.js'
import { handleCommand } from './command.js'
import { handleDetails } from './details.js'
import type { SlackFace } from './face.js'
import { handleMine } from './mine.js'
import { quiet } from './quiet.js'
import { handleReasons } from './reasons.js'

interface BoltOptions {
  readonly botToken: string
  /** Where Slack's Web API is, with a slash at the end. */
  readonly apiUrl: string
  readonly fetch: typeof fetch
  readonly receivers: readonly Receiver[]
  readonly face: SlackFace
}

/** How long Slack may take to answer one call, in milliseconds. */
const patience = 10_000

/**
 * Bolt with one set of handlers, whichever way a payload came in. It asks Slack nothing before it works: whose token
 * this is was checked by whoever set it up, and what it is about comes signed.
 */
export function createBolt({ botToken, apiUrl, fetch, receivers, face }: BoltOptions): App {
  const all: Receiver = {
    init: (app) => receivers.forEach((receiver) => receiver.init(app)),
    start: () => Promise.all(receivers.map((receiver) => receiver.start())),
    stop: () => Promise.all(receivers.map((receiver) => receiver.stop())),
  }
  const bolt = new App({
    receiver: all,
    authorize: async () => ({ botToken }),
    ignoreSelf: false,
    attachFunctionToken: false,
    convoStore: false,
    logger: quiet,
    clientOptions: {
      slackApiUrl: apiUrl,
      allowAbsoluteUrls: false,
      fetch,
      timeout: patience,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    },
  })
  bolt.error(async (error) => face.failed(error, 'a handler of Slack failed'))
  handleClicks(bolt, face)
  handleReasons(bolt, face)
  handleDetails(bolt, face)
  handleMine(bolt, face)
  handleCommand(bolt, face)
  return bolt
}
