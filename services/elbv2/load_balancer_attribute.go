package elbv2

// Attributes of load balancers that Kaimon acts on (ELBv2 API Reference,
// LoadBalancerAttribute).
const (
	DeletionProtection = "deletion_protection.enabled"
	CrossZone          = "load_balancing.cross_zone.enabled"
	AccessLogs         = "access_logs.s3.enabled"
	AccessLogBucket    = "access_logs.s3.bucket"
	AccessLogPrefix    = "access_logs.s3.prefix"
	IdleTimeout        = "idle_timeout.timeout_seconds"
	ClientKeepAlive    = "client_keep_alive.seconds"
	Desync             = "routing.http.desync_mitigation_mode"
	DropInvalidHeaders = "routing.http.drop_invalid_header_fields.enabled"
	PreserveHost       = "routing.http.preserve_host_header.enabled"
	TLSHeaders         = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
	XFFClientPort      = "routing.http.xff_client_port.enabled"
	XFFMode            = "routing.http.xff_header_processing.mode"
	HTTP2Enabled       = "routing.http2.enabled"
)

var logAttributes = []Attribute{
	oneOf(AccessLogs, "false", "true"),
	matching(AccessLogBucket, `[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`),
	matching(AccessLogPrefix, `[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*`),
}

var applicationAttributes = AttributeSet{"Load balancer", append([]Attribute{
	oneOf(DeletionProtection, "false", "true"),
	fixed(CrossZone, "true"),
	between(IdleTimeout, 60, 1, 4000),
	between(ClientKeepAlive, 3600, 60, 604800),
	oneOf(Desync, "defensive", "monitor", "strictest"),
	oneOf(DropInvalidHeaders, "false", "true"),
	oneOf(PreserveHost, "false", "true"),
	oneOf(TLSHeaders, "false", "true"),
	oneOf(XFFClientPort, "false", "true"),
	oneOf(XFFMode, "append", "preserve", "remove"),
	oneOf(HTTP2Enabled, "true", "false"),
	fixed("connection_logs.s3.enabled", "false"),
	fixed("connection_logs.s3.bucket", ""),
	fixed("connection_logs.s3.prefix", ""),
	fixed("health_check_logs.s3.enabled", "false"),
	fixed("health_check_logs.s3.bucket", ""),
	fixed("health_check_logs.s3.prefix", ""),
	fixed("ipv6.deny_all_igw_traffic", "false"),
	fixed("waf.fail_open.enabled", "false"),
	fixed("zonal_shift.config.enabled", "false"),
}, logAttributes...)}

var networkAttributes = AttributeSet{"Load balancer", append([]Attribute{
	oneOf(DeletionProtection, "false", "true"),
	oneOf(CrossZone, "false", "true"),
	fixed("dns_record.client_routing_policy", "any_availability_zone"),
	fixed("ipv6.deny_all_igw_traffic", "false"),
	fixed("secondary_ips.auto_assigned.per_subnet", "0"),
	fixed("zonal_shift.config.enabled", "false"),
}, logAttributes...)}

// LoadBalancerAttributes returns the attributes that load balancers of a type have.
func LoadBalancerAttributes(kind string) AttributeSet {
	if kind == Network {
		return networkAttributes
	}
	return applicationAttributes
}

var applicationListenerAttributes = AttributeSet{"Listener", []Attribute{
	fixed("routing.http.response.server.enabled", "true"),
	fixed("routing.http.response.strict_transport_security.header_value", ""),
	fixed("routing.http.response.access_control_allow_origin.header_value", ""),
	fixed("routing.http.response.access_control_allow_methods.header_value", ""),
	fixed("routing.http.response.access_control_allow_headers.header_value", ""),
	fixed("routing.http.response.access_control_allow_credentials.header_value", ""),
	fixed("routing.http.response.access_control_expose_headers.header_value", ""),
	fixed("routing.http.response.access_control_max_age.header_value", ""),
	fixed("routing.http.response.content_security_policy.header_value", ""),
	fixed("routing.http.response.x_content_type_options.header_value", ""),
	fixed("routing.http.response.x_frame_options.header_value", ""),
}}

var networkListenerAttributes = AttributeSet{"Listener", []Attribute{fixed("tcp.idle_timeout.seconds", "350")}}

// datagramListenerAttributes are none: the idle timeout of TCP is TCP's alone.
var datagramListenerAttributes = AttributeSet{what: "Listener"}

// ListenerAttributes returns the attributes that listeners of a protocol have;
// they are known in their default state only.
func ListenerAttributes(protocol string) AttributeSet {
	switch protocol {
	case TCP, TLS:
		return networkListenerAttributes
	case UDP, TCPUDP:
		return datagramListenerAttributes
	}
	return applicationListenerAttributes
}
