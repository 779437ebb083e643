/** Every way the desk asks the API. */
export default {
  "reviews": ["GET", "/v1/reviews"],
  "review": ["POST", "/v1/reviews/{order_id}"],
  "assessment": ["GET", "/v1/assessments/{order_id}"],
  "inputs": ["GET", "/v1/assessments/{order_id}/inputs"],
  "replay": ["GET", "/v1/assessments/{order_id}/replay"],
  "active": ["GET", "/v1/rulesets/active"],
  "changes": ["GET", "/v1/rulesets/changes"],
  "rulesets": ["GET", "/v1/rulesets"],
  "ruleset": ["GET", "/v1/rulesets/{ruleset}"],
  "measurements": ["GET", "/v1/rulesets/{ruleset}/measurements"],
  "measure": ["POST", "/v1/rulesets/{ruleset}/measurements"],
  "promote": ["POST", "/v1/rulesets/{ruleset}/promote"],
  "abort": ["POST", "/v1/rulesets/{ruleset}/abort"],
  "rollback": ["POST", "/v1/rulesets/rollback"],
  "breakers": ["GET", "/v1/breakers"],
  "breaker_changes": ["GET", "/v1/breakers/{check}/changes"],
  "force": ["POST", "/v1/breakers/{check}"]
};
