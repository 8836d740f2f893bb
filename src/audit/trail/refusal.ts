import type { Call } from './call.js'
import { actionsOf } from './actions.js'

/** What a session tried and AWS did not let it. */
export interface Tried {
  readonly action: string
  /** `*` where the service does not say on what. */
  readonly resource: string
  readonly code: string
}

/** How services say that someone may not: `AccessDenied`, `AccessDeniedException`, `Client.UnauthorizedOperation`, ... */
const notAllowed = /AccessDenied|Unauthorized(?:Operation|Access)|NotAuthorized|AuthorizationError/i

export const isRefused = ({ error }: Call): boolean => error !== undefined && notAllowed.test(error)

/**
 * What was refused: from the sentence that most services answer with ("User: … is not authorized to perform: … on
 * resource: …", IAM user guide, "Troubleshoot access denied error messages"), else from the event itself.
 */
export function triedIn(call: Call): Tried {
  const { source, name, message = '', resources, error = '' } = call
  const said = /not authorized to perform:? ([A-Za-z0-9-]{1,64}:[A-Za-z0-9]{1,128})/.exec(message)?.[1]
  const on = /on (?:the )?resource:? (arn:[^\s"]{1,512})/.exec(message)?.[1]
  return {
    action: said ?? actionsOf(source, name)[0] ?? `${source} ${name}`,
    resource: on ?? resources[0] ?? '*',
    code: error,
  }
}
