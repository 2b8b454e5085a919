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

variable "primary" {
  description = "The site whose record is the primary one. Only `method: record-edit` moves it: dr writes it then, in dr.auto.tfvars.json."
  type        = string
  default     = "ohio"
  validation {
    condition     = contains(["ohio", "california"], var.primary)
    error_message = "One of the two sites: ohio or california."
  }
}
