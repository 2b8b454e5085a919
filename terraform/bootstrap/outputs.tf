output "buckets" {
  description = "The site's buckets, by what they hold."
  value       = { for name, bucket in aws_s3_bucket.this : name => bucket.id }
}
