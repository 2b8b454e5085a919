# component "cluster". Its roles are in ../../identity.

locals {
  cluster = { "dr:component" = "cluster" }
}

resource "aws_eks_cluster" "this" {
  name     = var.estate
  role_arn = "arn:aws:iam::${local.account}:role/${var.estate}-cluster"
  version  = var.cluster_version
  vpc_config {
    subnet_ids = concat(aws_subnet.public[*].id, aws_subnet.private[*].id)
  }
  tags = local.cluster
}

resource "aws_eks_node_group" "this" {
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "${var.estate}-nodes"
  node_role_arn   = "arn:aws:iam::${local.account}:role/${var.estate}-node"
  subnet_ids      = aws_subnet.private[*].id
  instance_types  = [var.node_size]
  scaling_config {
    desired_size = var.node_count
    min_size     = 0
    max_size     = 4
  }
  tags = local.cluster
  lifecycle {
    # moto 5.2.1 invents a remote_access block, which would replace the group. Nothing here sets these.
    ignore_changes = [remote_access, labels]
  }
}
