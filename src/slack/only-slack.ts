import type { Fetch } from '../identity/fetch-json.js'

/** The base of Slack's own Web API. */
export const slackApi = 'https://slack.com/api/'

/** How long Slack may take to answer or to take an answer, in milliseconds. */
const patience = 10_000

/** A payload says where its answer goes. Signed or not, that is Slack, and nowhere that redirects. */
export function onlySlack(fetch: Fetch, apiUrl: string): typeof globalThis.fetch {
  const origins = [new URL(apiUrl).origin, 'https://hooks.slack.com']
  return async (url, init) => {
    const text = url instanceof Request ? url.url : String(url)
    if (!origins.includes(new URL(text).origin))
      throw new Error('An answer was to go elsewhere than to Slack.')
    return fetch(text, { redirect: 'error', signal: AbortSignal.timeout(patience), ...init })
  }
}
