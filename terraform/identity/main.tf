# Roles of the account. They stand apart from the sites' stacks because IAM is administered in us-east-1 only: a plan of
# a site must not have to read them while that region is lost (AWS, "Fault isolation boundaries", global services).

terraform {
  required_version = ">= 1.10"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# Kept where the standby is: it is read when the home primary may be gone.
terraform {
  backend "s3" {
    bucket       = "storefront-state-us-west-1"
    key          = "identity.tfstate"
    region       = "us-west-1"
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = {
      "dr:estate" = var.estate
    }
  }
}

variable "estate" {
  description = "The estate's name; the roles' names begin with it."
  type        = string
  default     = "storefront"
}

resource "aws_iam_role" "cluster" {
  name = "${var.estate}-cluster"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }]
  })
  tags = { "dr:component" = "cluster" }
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role" "node" {
  name = "${var.estate}-node"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  tags = { "dr:component" = "cluster" }
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each   = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])
  role       = aws_iam_role.node.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}
