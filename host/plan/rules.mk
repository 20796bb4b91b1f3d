# SPDX-License-Identifier: Apache-2.0
# The planner's tests are linked with the planner alone.
UNIT_test_plan_conv += host/plan/conv_extra.c
UNIT_test_plan_product += host/plan/conv_extra.c
