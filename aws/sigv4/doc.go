// Package sigv4 verifies AWS Signature Version 4 (IAM User Guide, "AWS Signature
// Version 4 for API requests"): the header form, the presigned query form and
// the aws-chunked bodies of S3. It signs nothing: the tests' signer is the
// SDK's, so that a mistake here cannot confirm itself.
//
// Verification is in two steps, because the key has to be looked up between
// them: Parse reads what the request claims without believing it, and
// Verifier.Verify checks the claim with the key's secret.
package sigv4
