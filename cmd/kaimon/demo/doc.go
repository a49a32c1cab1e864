// Package demo deploys a sample as a Fargate task through the public AWS API,
// as a user with the aws CLI would, and shows what it does and that it answers.
package demo
