import type { Fetch } from '../identity/fetch-json.js'

/** How long this may hold up a request, in milliseconds. */
const patience = 2_000

/** Asks Slack for the ids of the users in a user group (`usergroups.users.list`). Rejects when it does not say. */
export const groupMembers =
  (fetch: Fetch, apiUrl: string, botToken: string) =>
  async (group: string): Promise<readonly string[]> => {
    const response = await fetch(`${apiUrl}usergroups.users.list`, {
      method: 'POST',
      headers: { authorization: `Bearer ${botToken}` },
      body: new URLSearchParams({ usergroup: group }),
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    })
    const said = (await response.json()) as { readonly error?: string; readonly users?: unknown }
    const { users } = said
    if (!Array.isArray(users) || !users.every((user) => typeof user === 'string'))
      throw new Error(`Slack did not say who is in it: ${said.error ?? response.status}.`)
    return users
  }
