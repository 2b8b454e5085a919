variable "role" {
  description = "What the site is now: primary or standby."
  type        = string
}

variable "app_count" {
  description = "Members of the fleet."
  type        = number
}

variable "database_role" {
  description = "What the database is: primary or replica."
  type        = string
}

variable "database_class" {
  description = "Instance class of the database. AWS has retired db.t2 for new engine versions: db.t4g.small is its successor."
  type        = string
  default     = "db.t2.small"
}

variable "database_password" {
  description = "Needed once, when a primary is created."
  type        = string
  sensitive   = true
  default     = null
}
