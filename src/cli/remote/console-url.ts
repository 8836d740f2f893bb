import type { Credentials } from '../../http/contract.js'
import { Stop } from './stop.js'
import type { World } from './world.js'

/**
 * The hosts of AWS's partitions:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
const partitions: Readonly<Record<string, { readonly signIn: string; readonly console: string }>> = {
  aws: { signIn: 'https://signin.aws.amazon.com', console: 'https://console.aws.amazon.com/' },
  'aws-cn': { signIn: 'https://signin.amazonaws.cn', console: 'https://console.amazonaws.cn/' },
  'aws-us-gov': {
    signIn: 'https://signin.amazonaws-us-gov.com',
    console: 'https://console.amazonaws-us-gov.com/',
  },
}

/**
 * A URL that signs whoever has it into the console, good for 15 minutes: a secret. The console's session lives as long as
 * the credentials do: no SessionDuration is asked for. Rejects with a `Stop`.
 */
export async function consoleUrl(
  { fetch }: Pick<World, 'fetch'>,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  arn: string,
  region: string | undefined,
): Promise<string> {
  const partition = arn.split(':')[1] ?? ''
  const hosts = Object.hasOwn(partitions, partition) ? partitions[partition] : undefined
  if (!hosts) throw new Stop('invalid_request', `There is no console that is known for ${arn}.`)
  const session = JSON.stringify({
    sessionId: accessKeyId,
    sessionKey: secretAccessKey,
    sessionToken,
  })
  let token: unknown
  try {
    const response = await fetch(`${hosts.signIn}/federation`, {
      method: 'POST',
      // In the body, since addresses are logged on the way.
      body: new URLSearchParams({ Action: 'getSigninToken', Session: session }),
      redirect: 'error',
      signal: AbortSignal.timeout(15_000),
    })
    if (!response.ok) throw new Error(`it answers ${response.status}`)
    token = ((await response.json()) as { SigninToken?: unknown }).SigninToken
    if (typeof token !== 'string' || token === '') throw new Error('it gives no token')
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: unknown } }
    throw new Stop('unreachable', `AWS's sign-in cannot be used: ${String(cause?.code ?? message)}.`)
  }
  const target = new URL('/federation', hosts.signIn)
  const destination = region === undefined ? hosts.console : `${hosts.console}console/home?region=${region}`
  for (const [name, value] of Object.entries({
    Action: 'login',
    Issuer: 'stint',
    Destination: destination,
    SigninToken: token,
  }))
    target.searchParams.set(name, value)
  return target.href
}
