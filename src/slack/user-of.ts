import type { Store } from '../grant/store.js'

/**
 * The id of the user of Slack who has proved to be this person; where nobody has, whom `named` finds, by a claim or by
 * an address.
 */
export async function userOf(
  store: Store,
  subject: string,
  named: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const linked = await store.slackUser({ subject })
  return linked ? linked.id.split('/')[1] : named()
}
