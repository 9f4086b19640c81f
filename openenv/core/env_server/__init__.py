"""Deployed path of what servers are made from."""

from openenv.core._paths import lazy

_HOMES = {
    "Action": "openenv.types",
    "CompositeTransform": "openenv.environment",
    "ConcurrencyConfig": "openenv.deployed",
    "ConcurrencyConfigurationError": "openenv.errors",
    "Environment": "openenv.environment",
    "EnvironmentFactoryError": "openenv.errors",
    "EnvironmentMetadata": "openenv.types",
    "HealthResponse": "openenv.deployed",
    "HealthStatus": "openenv.deployed",
    "Message": "openenv.deployed",
    "ModelTokenizer": "openenv.deployed",
    "NullTransform": "openenv.environment",
    "Observation": "openenv.types",
    "OpenEnvError": "openenv.errors",
    "ServerCapacityStatus": "openenv.deployed",
    "ServerMode": "openenv.deployed",
    "SessionCapacityError": "openenv.errors",
    "SessionInfo": "openenv.deployed",
    "SessionNotFoundError": "openenv.errors",
    "State": "openenv.types",
    "Transform": "openenv.environment",
    "WSErrorCode": "openenv.deployed",
    "WSErrorResponse": "openenv.deployed",
    "create_app": "openenv.server.app",
    "create_fastapi_app": "openenv.server.app",
    "deserialize_action": "openenv.deployed",
    "serialize_observation": "openenv.deployed",
}
_MISSING = {
    "CallToolAction",
    "CallToolObservation",
    "HTTPEnvServer",
    "ListToolsAction",
    "ListToolsObservation",
    "MCPEnvironment",
    "TaskProvider",
    "Tool",
    "ToolError",
    "WebInterfaceManager",
    "create_web_interface_app",
}

__getattr__ = lazy(__name__, _HOMES, _MISSING)
