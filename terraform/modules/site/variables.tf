# What dr owns: one file a site, dr.auto.tfvars.json in the site's root.

variable "role" {
  description = "What the site is now: primary or standby. Decides whether the Git server runs."
  type        = string
  validation {
    condition     = contains(["primary", "standby"], var.role)
    error_message = "A site is primary or standby."
  }
}

variable "app_count" {
  description = "Members of the fleet."
  type        = number
}

variable "database_role" {
  description = "What the database is: primary, or replica of the peer's. Follows a promotion, and never makes one: dr writes it after the fact."
  type        = string
  validation {
    condition     = contains(["primary", "replica"], var.database_role)
    error_message = "A database is primary or replica."
  }
}

# What the site is.

variable "estate" {
  description = "The estate's name; names begin with it."
  type        = string
}

variable "site" {
  description = "The site's name in estate.yaml."
  type        = string
}

variable "peer_region" {
  description = "The other site's region: where the source of a replica is."
  type        = string
}

variable "cidr" {
  description = "The VPC's addresses. The two sites do not overlap, so that they can be peered."
  type        = string
}

# Sizes: those of the estate's table, each can be overridden.

variable "zones" {
  description = "Availability zones used. us-west-1 offers an account two, so two are used on both sites."
  type        = number
  default     = 2
}

variable "app_size" {
  description = "Instance type of the fleet."
  type        = string
  default     = "t3.micro"
}

variable "app_max" {
  description = "The most members that the fleet may have."
  type        = number
  default     = 6
}

variable "git_size" {
  description = "Instance type of the Git server."
  type        = string
  default     = "t3.micro"
}

variable "architecture" {
  description = "Processor of the fleet and of the Git server: that of their instance types. t4g and its like are arm64."
  type        = string
  default     = "x86_64"
  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The images are built for x86_64 and arm64."
  }
}

variable "node_size" {
  description = "Instance type of the cluster's nodes."
  type        = string
  default     = "t3.medium"
}

variable "node_count" {
  description = "Nodes of the cluster."
  type        = number
  default     = 2
}

variable "cluster_version" {
  description = "Kubernetes version."
  type        = string
  default     = "1.31"
}

variable "database_class" {
  description = "Instance class of the database. AWS has retired db.t2 for new engine versions: db.t4g.small is its successor."
  type        = string
  default     = "db.t2.small"
}

variable "database_version" {
  description = "PostgreSQL's major version. RDS raises the minor one by itself, which must not be a change for Terraform."
  type        = string
  default     = "15"
}

variable "database_multi_az" {
  description = "Whether the database has a standby in another zone, on both sites."
  type        = bool
  default     = true
}

variable "database_storage" {
  description = "Storage of the database, in GiB."
  type        = number
  default     = 20
}

variable "database_retention" {
  description = "Days that automated backups of a primary are kept: `keep` of estate.yaml, which a promotion sets. RDS makes no replica of an instance without backups."
  type        = number
  default     = 35
}

variable "git_url" {
  description = "What `git ls-remote` is given; the Git server's private address over SSH when null."
  type        = string
  default     = null
}

variable "git_branch" {
  description = "The branch whose commits count."
  type        = string
  default     = "main"
}

variable "database_password" {
  description = "Needed once, when a primary is created. Later changes are ignored: a promoted replica has its source's."
  type        = string
  sensitive   = true
  default     = null
}
