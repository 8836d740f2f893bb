import type { Kept } from './kept.js'

/** What would stand before the credentials, or be taken for them, in the SDKs, the AWS CLI and other wrappers. */
export const cleared = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_SESSION_EXPIRATION',
  'AWS_CREDENTIAL_FILE',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SDK_LOAD_CONFIG',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_VAULT',
] as const

type Variables = Readonly<Record<string, string>>

/** The region that is set already where the session works in it, else the first in which it does; both names of it. */
function regionOf({ regions }: Kept, env: Readonly<Record<string, string | undefined>>): Variables {
  const set = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  const region = set !== undefined && regions.includes(set) ? set : regions[0]
  // boto3 reads the second.
  return region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }
}

/** The variables that make AWS's clients use the credentials. */
export const variablesOf = (kept: Kept, env: Readonly<Record<string, string | undefined>>): Variables => ({
  AWS_ACCESS_KEY_ID: kept.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: kept.credentials.secretAccessKey,
  AWS_SESSION_TOKEN: kept.credentials.sessionToken,
  AWS_CREDENTIAL_EXPIRATION: kept.credentials.expiresAt,
  ...regionOf(kept, env),
  STINT_GRANT: kept.grant,
})

/** The variables that make AWS's clients fetch credentials from an endpoint, again and again. */
export const endpointVariables = (
  kept: Kept,
  env: Readonly<Record<string, string | undefined>>,
  { url, token }: { readonly url: string; readonly token: string },
): Variables => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
  ...regionOf(kept, env),
  STINT_GRANT: kept.grant,
})

/** The environment of a child: what there is, without older AWS variables, and with these. */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  variables: Variables,
): Record<string, string | undefined> {
  const child = { ...env }
  for (const name of cleared) delete child[name]
  return { ...child, ...variables }
}
