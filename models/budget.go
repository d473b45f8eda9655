package models

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// limit says how many tries a budget allows: as many as burst at once, and after that one per
// interval. A budget that nothing is charged to is full again after burst intervals.
type limit struct {
	kind     string // part of the key of each of its budgets: never change one
	burst    int
	interval time.Duration
}

// limits are those of guesses (every check of a password) and of sign-ups. A known browser uses its
// own budget and no other, so strangers cannot use up the tries of a user who has one.
type limits struct {
	guessName, guessNetwork, guessOverall, guessKnownBrowser limit
	signUpName, signUpNetwork, signUpOverall                 limit
}

func newLimits() limits {
	return limits{
		// 60 in the first hour, 30 in every later one.
		guessName: limit{"guess name", 30, 2 * time.Minute},
		// 660 in the first hour, 600 in every later one: an office can share one address.
		guessNetwork: limit{"guess network", 60, 6 * time.Second},
		// 37,000 failures in the first hour, 36,000 in every later one, for the whole service.
		guessOverall: limit{"guess overall", 1000, 100 * time.Millisecond},
		// 20 in the first hour, 10 in every later one.
		guessKnownBrowser: limit{"guess known browser", 10, 6 * time.Minute},
		// 20 in the first hour, 10 in every later one.
		signUpName: limit{"sign-up name", 10, 6 * time.Minute},
		// 120 in the first hour, 60 in every later one.
		signUpNetwork: limit{"sign-up network", 60, time.Minute},
		// 4,600 in the first hour, 3,600 in every later one, for the whole service.
		signUpOverall: limit{"sign-up overall", 1000, time.Second},
	}
}

// refill returns how long an empty budget takes until it is full.
func (l limit) refill() time.Duration { return time.Duration(l.burst) * l.interval }

// maxSkew is how far the clocks of replicas may differ. A budget that is ahead by no more than that
// was charged by another replica and needs no correction.
const maxSkew = time.Minute

// maxWait is the longest that a client waits for its next try. It is less than refill.
func (l limit) maxWait() time.Duration { return l.interval + maxSkew }

// budget is a row of the table. It follows GCRA, the generic cell rate algorithm: each try moves
// FullAt one interval ahead, and there must be less than a refill between now and FullAt. A budget
// without a row is full.
type budget struct {
	Key    string
	FullAt int64 // when it is full again, in microseconds since 1970
}

// charge is one try taken from one budget.
type charge struct {
	limit limit
	key   string
}

// charge charges a try to all its budgets, or fails with *ThrottledError and charges none.
func (s *Store) charge(ctx context.Context, t try) error {
	if len(t.charges) == 0 {
		return nil
	}
	if t.failure != nil {
		wait, err := s.wait(s.reader.WithContext(ctx), *t.failure)
		if err != nil {
			return err
		}
		if wait > 0 {
			return s.refuse(ctx, *t.failure, wait)
		}
	}
	var refused charge
	var wait time.Duration
	err := s.transaction(ctx, "charging a try", func(tx *gorm.DB) error {
		for _, c := range t.charges {
			charged, err := s.chargeOne(tx, c)
			if err != nil {
				return err
			}
			if !charged {
				if wait, err = s.wait(tx, c); err != nil {
					return err
				}
				refused = c
				return ErrThrottled // rolls back
			}
		}
		return nil
	})
	if errors.Is(err, ErrThrottled) {
		return s.refuse(ctx, refused, wait)
	}
	return err
}

// chargeOne charges a budget in one statement, and reports whether it had room. Of several calls at
// once, no more succeed than it has room for.
func (s *Store) chargeOne(db *gorm.DB, c charge) (bool, error) {
	now, interval := s.now().UnixMicro(), c.limit.interval.Microseconds()
	upsert := db.Exec(`
		INSERT INTO budgets (key, full_at) VALUES (@key, @charged)
		ON CONFLICT (key) DO UPDATE
		SET full_at = CASE WHEN budgets.full_at > @now THEN budgets.full_at ELSE @now END + @interval
		WHERE budgets.full_at <= @room`,
		map[string]any{
			"key": c.key, "now": now, "interval": interval, "charged": now + interval,
			"room": now + c.limit.refill().Microseconds() - interval,
		})
	return upsert.RowsAffected == 1, s.wrap("charging a budget", upsert.Error)
}

// wait returns how long it takes until a budget has room for a charge: zero or less if it has now.
func (s *Store) wait(db *gorm.DB, c charge) (time.Duration, error) {
	var fullAt []int64
	if err := db.Model(&budget{}).Where("key = ?", c.key).Pluck("full_at", &fullAt).Error; err != nil {
		return 0, s.wrap("reading a budget", err)
	}
	if len(fullAt) == 0 {
		return 0, nil
	}
	return time.UnixMicro(fullAt[0]).Sub(s.now()) - c.limit.refill() + c.limit.interval, nil
}

// refuse returns the *ThrottledError for a charge that has to wait, and remembers the refusal.
//
// If the clock was set back, FullAt can be years ahead. The budget then becomes an empty one, so
// that it is full again after a refill. To make it a full one would give tries away.
func (s *Store) refuse(ctx context.Context, c charge, wait time.Duration) error {
	now := s.now()
	if wait > c.limit.maxWait() {
		wait = c.limit.interval
		empty := now.Add(c.limit.refill()).UnixMicro()
		err := s.writer.WithContext(ctx).Model(&budget{}).
			Where("key = ? AND full_at > ?", c.key, empty).Update("full_at", empty).Error
		if err != nil {
			return s.wrap("correcting a budget", err)
		}
	}
	s.throttle.refused.add(c.key, now.Add(wait))
	return newThrottledError(c, wait)
}

// settleTimeout is how long settling may take after the client has gone away.
const settleTimeout = 5 * time.Second

// settle takes back the charges of a try whose password was correct, and counts the failure of one
// whose password was wrong: also if the client has gone away during the hash.
func (s *Store) settle(ctx context.Context, t try, correct bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if !correct {
		if t.failure == nil {
			return nil
		}
		_, err := s.chargeOne(s.writer.WithContext(ctx), *t.failure)
		return err
	}
	if len(t.charges) == 0 {
		return nil
	}
	return s.transaction(ctx, "taking back a try", func(tx *gorm.DB) error {
		for _, c := range t.charges {
			s.throttle.refused.remove(c.key)
			err := tx.Model(&budget{}).Where("key = ?", c.key).
				Update("full_at", gorm.Expr("full_at - ?", c.limit.interval.Microseconds())).Error
			if err != nil {
				return s.wrap("taking back a charge", err)
			}
		}
		return nil
	})
}

// PurgeBudgets deletes some of the budgets that are full again, and returns how many. Call it again
// until it returns zero. It skips rows that are locked.
func (s *Store) PurgeBudgets(ctx context.Context) (int64, error) {
	if s.throttle != nil {
		s.throttle.refused.purge(s.now())
	}
	db := s.writer.WithContext(ctx)
	unlocked := clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked}
	full := db.Model(&budget{}).Select("key").Clauses(unlocked).
		Where("full_at <= ?", s.now().UnixMicro()).Order("full_at").Limit(purgeBatch)
	deleted := db.Where("key IN (?)", full).Delete(&budget{})
	return deleted.RowsAffected, s.wrap("purging budgets", deleted.Error)
}
