/**
 * Actions whose requests AWS answers in one region of its own choosing, wherever the caller works:
 * `aws:RequestedRegion` is then that region (mostly us-east-1), so a Deny on other regions must spare them.
 *
 * Source: AWS Organizations user guide, "General examples", SCP "Deny access to AWS based on the requested
 * AWS Region" (orgs_manage_policies_scps_examples_general), its NotAction list. AWS calls that list an
 * example; it was reviewed for what a session of Stint needs. Left out of it:
 * - `acm`, `kms`: regional; listed there only for use with CloudFront. Name us-east-1 for that.
 * - `config`, `directconnect`, `fms`, `waf-regional`, `wafv2`, `wellarchitected`, and the three `ec2:Describe…`:
 *   regional services, which the list spares for the console's sake. Sparing them would open every region.
 * - `chime`: its SDK has regional endpoints. `importexport`, `a4b`, `mobileanalytics`, `aws-portal`,
 *   `aws-marketplace-management`: retired, or replaced by other prefixes.
 * `sts` is kept for its global endpoint.
 */
export const globalServices: readonly string[] = [
  'aws-marketplace:*',
  'budgets:*',
  'ce:*',
  'cloudfront:*',
  'cur:*',
  'globalaccelerator:*',
  'health:*',
  'iam:*',
  'networkmanager:*',
  'organizations:*',
  'pricing:*',
  'route53:*',
  'route53domains:*',
  'route53-recovery-cluster:*',
  'route53-recovery-control-config:*',
  'route53-recovery-readiness:*',
  's3:GetAccountPublic*',
  's3:ListAllMyBuckets',
  's3:ListMultiRegionAccessPoints',
  's3:PutAccountPublic*',
  'shield:*',
  'sts:*',
  'support:*',
  'trustedadvisor:*',
  'waf:*',
]
