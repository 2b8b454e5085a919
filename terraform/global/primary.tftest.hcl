# Which record is the primary one follows the variable that dr writes after a record edit, so that the plan is empty then.

mock_provider "aws" {}

variables {
  balancers = {
    ohio       = { name = "ohio.elb.example", zone = "Z1" }
    california = { name = "california.elb.example", zone = "Z2" }
  }
}

run "at_home_the_record_of_ohio_is_the_primary_one" {
  assert {
    condition     = aws_route53_record.this["ohio"].failover_routing_policy[0].type == "PRIMARY"
    error_message = "The record of ohio is not the primary one."
  }
  assert {
    condition     = aws_route53_record.this["ohio"].health_check_id == aws_route53_health_check.switch.id
    error_message = "Nothing moves clients."
  }
}

run "after_an_edit_the_records_have_changed_places_with_the_health_check" {
  variables {
    primary = "california"
  }
  assert {
    condition     = aws_route53_record.this["california"].failover_routing_policy[0].type == "PRIMARY"
    error_message = "The record of california is not the primary one."
  }
  assert {
    condition     = aws_route53_record.this["ohio"].failover_routing_policy[0].type == "SECONDARY"
    error_message = "Two records are the primary one."
  }
  assert {
    condition     = aws_route53_record.this["california"].health_check_id == aws_route53_health_check.switch.id
    error_message = "The health check did not go with the place."
  }
  assert {
    condition     = aws_route53_record.this["ohio"].health_check_id == null
    error_message = "The health check stayed with the site."
  }
}
