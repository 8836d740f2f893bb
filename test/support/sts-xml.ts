import { isoSeconds } from '../../src/time.js'
import type { StsError } from './sts-parameters.js'
import type { StsSession } from './sts-session.js'

const xmlns = 'https://sts.amazonaws.com/doc/2011-06-15/'
const escape = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** An error as STS writes it. */
export const errorXml = (error: StsError, requestId: string) =>
  `<ErrorResponse xmlns="${xmlns}"><Error><Type>${error.status < 500 ? 'Sender' : 'Receiver'}</Type>` +
  `<Code>${escape(error.code)}</Code><Message>${escape(error.message)}</Message></Error>` +
  `<RequestId>${requestId}</RequestId></ErrorResponse>`

/** Whose keys these are, as STS writes it; it asks for no permission, and so for no signature here. */
export const identityXml = (arn: string, requestId: string): string =>
  `<GetCallerIdentityResponse xmlns="${xmlns}"><GetCallerIdentityResult><Arn>${arn}</Arn>` +
  `<UserId>AIDA</UserId><Account>${arn.split(':')[4]}</Account></GetCallerIdentityResult>` +
  `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`

/** Credentials as STS writes them; `packed` is in percent. */
export function answerXml(session: StsSession, packed: number, requestId: string): string {
  const { sourceIdentity } = session
  const identity = sourceIdentity === undefined ? '' : `<SourceIdentity>${sourceIdentity}</SourceIdentity>`
  return `<AssumeRoleResponse xmlns="${xmlns}">
  <AssumeRoleResult>
    ${identity}
    <AssumedRoleUser>
      <AssumedRoleId>${session.assumedRoleId}</AssumedRoleId>
      <Arn>${session.arn}</Arn>
    </AssumedRoleUser>
    <PackedPolicySize>${packed}</PackedPolicySize>
    <Credentials>
      <AccessKeyId>${session.accessKeyId}</AccessKeyId>
      <SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>
      <SessionToken>${session.sessionToken}</SessionToken>
      <Expiration>${isoSeconds(session.expiresAt)}</Expiration>
    </Credentials>
  </AssumeRoleResult>
  <ResponseMetadata>
    <RequestId>${requestId}</RequestId>
  </ResponseMetadata>
</AssumeRoleResponse>
`
}
