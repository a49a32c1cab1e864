package elbv2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// CreateListener implements API.
func (h *Handlers) CreateListener(ctx context.Context, in *CreateListenerInput) (*CreateListenerOutput, error) {
	l := elbv2.Listener{Protocol: wire.Val(in.Protocol), Port: int(wire.Val(in.Port)), LoadBalancer: wire.Val(in.LoadBalancerArn)}
	if err := changeListener(&l, in.SslPolicy, in.Certificates, in.AlpnPolicy, in.MutualAuthentication); err != nil {
		return nil, err
	}
	if in.Protocol == nil {
		return nil, elbv2.ErrValidation("A listener protocol must be specified")
	}
	actions, err := nounActions(in.DefaultActions)
	if err != nil {
		return nil, err
	}
	tags, err := nounTags(in.Tags)
	if err != nil {
		return nil, err
	}
	listenerID, ruleID := elbv2.NewID(), elbv2.NewID()
	err = h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		l.Scope, l.ARN = s, elbv2.ListenerARN(l.LoadBalancer, listenerID)
		rule := elbv2.Rule{ARN: elbv2.RuleARN(l.ARN, ruleID), Scope: s, Listener: l.ARN, LoadBalancer: l.LoadBalancer, Default: true, Actions: actions}
		if err := putListener(tx, &l, &rule); err != nil {
			return err
		}
		return elbv2.PutTags(tx, l.ARN, tags)
	})
	if err != nil {
		return nil, err
	}
	return &CreateListenerOutput{Listeners: []Listener{wireListener(h.Store.Snapshot(), &l)}}, nil
}

// putListener checks a listener with its default rule and writes both.
func putListener(tx *store.Txn, l *elbv2.Listener, rule *elbv2.Rule) error {
	if err := l.Check(tx); err != nil {
		return err
	}
	if err := elbv2.CheckActions(tx, l, rule.Actions); err != nil {
		return err
	}
	elbv2.Listeners.Put(tx, *l)
	elbv2.Rules.Put(tx, *rule)
	return nil
}

// changeListener takes over what a request says about TLS.
func changeListener(l *elbv2.Listener, policy *string, certificates []Certificate, alpn []string, mutual *MutualAuthenticationAttributes) error {
	switch {
	case len(alpn) > 0 && (len(alpn) > 1 || alpn[0] != "None"):
		return unsupported("An ALPN policy")
	case mutual != nil && wire.Val(mutual.Mode) != "off":
		return unsupported("Mutual authentication")
	case len(certificates) > 1:
		return elbv2.ErrTooMany("Certificates", "You can specify only one certificate: use AddListenerCertificates for more")
	}
	if len(certificates) == 1 {
		if certificates[0].IsDefault != nil {
			return elbv2.ErrValidation("You cannot specify 'IsDefault' for a certificate of a listener")
		}
		l.Certificate = wire.Val(certificates[0].CertificateArn)
	}
	if policy != nil {
		l.SSLPolicy = *policy
	}
	if l.Secure() && l.SSLPolicy == "" {
		l.SSLPolicy = elbv2.DefaultSSLPolicy
	}
	return nil
}

// ModifyListener implements API.
func (h *Handlers) ModifyListener(ctx context.Context, in *ModifyListenerInput) (*ModifyListenerOutput, error) {
	actions, err := nounActions(in.DefaultActions)
	if err != nil {
		return nil, err
	}
	var changed elbv2.Listener
	err = h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		l, err := elbv2.FindListener(tx, s, wire.Val(in.ListenerArn))
		if err != nil {
			return err
		}
		changed = *l
		if in.Port != nil {
			changed.Port = int(*in.Port)
		}
		if in.Protocol != nil {
			changed.Protocol = *in.Protocol
		}
		if !changed.Secure() {
			changed.Certificate, changed.Certificates, changed.SSLPolicy = "", nil, ""
		}
		if err := changeListener(&changed, in.SslPolicy, in.Certificates, in.AlpnPolicy, in.MutualAuthentication); err != nil {
			return err
		}
		return replaceListener(tx, &changed, actions)
	})
	if err != nil {
		return nil, err
	}
	return &ModifyListenerOutput{Listeners: []Listener{wireListener(h.Store.Snapshot(), &changed)}}, nil
}

// replaceListener writes a changed listener, with other default actions if
// there are any. Its other rules have to fit its protocol as well.
func replaceListener(tx *store.Txn, l *elbv2.Listener, actions []elbv2.Action) error {
	for _, rule := range elbv2.RulesOf(tx, l.ARN) {
		changed := *rule
		if rule.Default && len(actions) > 0 {
			changed.Actions = actions
		}
		if err := putListener(tx, l, &changed); err != nil {
			return err
		}
		for _, group := range rule.TargetGroups() {
			elbv2.Unlinked(tx, group)
		}
	}
	return nil
}

// DeleteListener implements API.
func (h *Handlers) DeleteListener(ctx context.Context, in *DeleteListenerInput) (*DeleteListenerOutput, error) {
	return &DeleteListenerOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		l, err := elbv2.FindListener(tx, s, wire.Val(in.ListenerArn))
		if err != nil {
			return err
		}
		elbv2.RemoveListener(tx, l)
		return nil
	})
}
