variable "estate" {
  description = "The estate's name; the buckets' names begin with it."
  type        = string
  default     = "storefront"
}

variable "site" {
  description = "The site's name in estate.yaml."
  type        = string
}

variable "region" {
  description = "The site's region."
  type        = string
}

variable "switch_key" {
  description = "The key of the switch object."
  type        = string
  default     = "serve-from-standby"
}
