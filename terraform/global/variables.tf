variable "zone" {
  description = "The hosted zone."
  type        = string
  default     = "storefront.example"
}

variable "record" {
  description = "The name that clients use, in that zone."
  type        = string
  default     = "app.storefront.example"
}

variable "balancers" {
  description = "Where each site's record points to: the output `balancer` of the site's stack, in balancers.auto.tfvars.json."
  type        = map(object({ name = string, zone = string }))
}
