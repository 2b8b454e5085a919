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

# For a local AWS server only.

variable "path_style" {
  description = "Whether a bucket's name stands in the path: needed where the server is a loopback address."
  type        = bool
  default     = false
}

variable "store_policy" {
  description = "Whether the store gets its policy. moto 5.2.1 reads no condition of a policy: its denials would hold for every call."
  type        = bool
  default     = true
}
